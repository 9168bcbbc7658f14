"""A mail server for one test: aiosmtpd, with the faults that its options ask for.

Every letter it takes is one line of JSON on standard output; the first line says the port. It ends with its standard
input, so it never outlives a test that was killed.
"""

import argparse
import asyncio
import json
import ssl
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def say(**line):
    print(json.dumps(line), flush=True)


class Handler:
    def __init__(self, options):
        self.options = options

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if address in self.options.refuse:
            return "550 5.7.1 not from you"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address in self.options.refuse:
            return "550 5.1.1 no such mailbox"
        if address in self.options.defer:
            return "451 4.2.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.options.hang:
            await asyncio.sleep(3600)
        login = session.auth_data.login.decode() if session.authenticated else None
        say(
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            content=envelope.content.decode("utf-8", "replace"),
            encrypted=session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None,
            login=login,
            connection=session.peer[1],
        )
        return "250 OK"


def authenticate(expected):
    def check(server, session, envelope, mechanism, data):
        ok = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == expected
        return AuthResult(success=ok, handled=False, auth_data=data)

    return check


async def serve(options):
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)
    settings = {"hostname": "mail.test", "enable_SMTPUTF8": True}
    if options.encryption == "starttls":
        settings |= {"tls_context": context, "require_starttls": True}
    if options.user:
        expected = (options.user, options.password)
        settings |= {"authenticator": authenticate(expected), "auth_required": True, "auth_require_tls": False}
    implicit = context if options.encryption == "implicit" else None
    handler = Handler(options)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, loop=loop, **settings), "127.0.0.1", options.port, ssl=implicit)
    say(port=server.sockets[0].getsockname()[1])
    ended = asyncio.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--encryption", choices=["none", "starttls", "implicit"], default="none")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--refuse", action="append", default=[])
    parser.add_argument("--defer", action="append", default=[])
    parser.add_argument("--hang", action="store_true")
    asyncio.run(serve(parser.parse_args()))


main()
