// WebSockets of the API: opened with a ticket, checked frame by frame, opened again where they break.
//
// The ticket is a second subprotocol, so it stands in no URL and no log. A frame of a kind that isn't known is left out: a newer
// server may send more. Who resumes says in the URL what they have seen last.

import type { ZodMiniType } from "zod/mini";

import { api, expect } from ".";

export type SocketState = "connecting" | "open" | "waiting" | "ended";

export interface SocketWish<Frame> {
  /** Where, with the query: asked anew for each connection, so that it can name what was seen last (`?after=…`). */
  path: () => string;
  /** What a frame looks like; one that looks otherwise is dropped. */
  frame: ZodMiniType<Frame>;
  onFrame: (frame: Frame) => void;
  onState?: (state: SocketState) => void;
  /** Whether a frame says that nothing more comes. */
  isLast?: (frame: Frame) => boolean;
}

/** What a socket needs of a browser; a test has its own. */
export interface SocketParts {
  ticket: () => Promise<{ protocol: string; ticket: string }>;
  open: (url: string, protocols: string[]) => WebSocket;
  random: () => number;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** Nothing said for so long, and a connection has died without a word: a quiet one says that it lives, every 15 s. */
const SILENCE = 45_000;
/** A connection that has held so long was a good one: the next wait is short again. */
const GOOD = 10_000;

const ours: SocketParts = {
  ticket: () => expect(api.POST("/api/v1/ws-tickets")),
  open: (url, protocols) => new WebSocket(url, protocols),
  random: Math.random,
};

/** Opens it, and keeps it open until the returned function is called. */
export function openSocket<Frame>(wish: SocketWish<Frame>, parts: SocketParts = ours): () => void {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let ended = false;

  const become = (state: SocketState) => wish.onState?.(state);
  const end = () => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    clearTimeout(silence);
    socket?.close(1000);
    become("ended");
  };
  const again = () => {
    if (ended) return;
    become("waiting");
    timer = setTimeout(connect, backoff(failures, parts.random()));
    failures += 1;
  };
  const connect = async () => {
    become("connecting");
    try {
      const { protocol, ticket } = await parts.ticket();
      if (ended) return;
      attend(parts.open(address(wish.path()), [protocol, ticket]));
    } catch {
      again();
    }
  };
  const attend = (opened: WebSocket) => {
    socket = opened;
    let since = Number.POSITIVE_INFINITY;
    const over = () => {
      if (socket !== opened) return;
      socket = undefined;
      clearTimeout(silence);
      if (performance.now() - since >= GOOD) failures = 0;
      again();
    };
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        opened.close();
        over();
      }, SILENCE);
    };
    opened.onopen = () => {
      since = performance.now();
      heard();
      become("open");
    };
    opened.onmessage = ({ data }) => {
      if (socket !== opened) return;
      heard();
      const frame = read(wish.frame, data);
      if (ended || frame === undefined) return;
      wish.onFrame(frame);
      if (wish.isLast?.(frame)) end();
    };
    opened.onclose = over;
  };
  void connect();
  return end;
}

/** How long to wait after so many failures, in milliseconds: twice as long each time, half of it by chance. */
export function backoff(failures: number, random: number): number {
  const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures);
  return longest / 2 + (longest / 2) * random;
}

function read<Frame>(schema: ZodMiniType<Frame>, data: unknown): Frame | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(data));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function address(path: string): string {
  const url = new URL(path, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
