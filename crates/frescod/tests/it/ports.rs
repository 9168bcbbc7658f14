//! Ports that stay a test's own, whoever looks for one meanwhile.
//!
//! The kernel proposes a port to the next one as soon as nobody listens there: while a platform is being made, and each time
//! it is killed and started again. So these lie outside the range it proposes from, and each is reserved by a socket of its
//! name. Such a name goes with its holder, however that dies, and belongs to a network namespace as a port does.

use std::net::{Ipv4Addr, TcpListener};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

/// The kernel proposes from 32768 on, unless it is told otherwise.
const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

/// Three, as long as this lives.
pub(crate) struct Ports {
    pub(crate) numbers: [u16; 3],
    _reserved: [UnixListener; 3],
}

impl Ports {
    pub(crate) fn reserve() -> Self {
        // Tests that run at once begin at different ones.
        let first = u16::try_from(std::process::id().wrapping_mul(7) % u32::from(COUNT)).unwrap();
        let mut free = (0..COUNT).filter_map(|step| reserve(FIRST + (first + step) % COUNT));
        let [(one, a), (two, b), (three, c)] = [(); 3].map(|()| free.next().expect("there is a free port"));
        Self { numbers: [one, two, three], _reserved: [a, b, c] }
    }
}

/// Unless somebody has it, by its name or by listening there.
fn reserve(port: u16) -> Option<(u16, UnixListener)> {
    let name = SocketAddr::from_abstract_name(format!("fresco-test-port-{port}")).unwrap();
    let reserved = UnixListener::bind_addr(&name).ok()?;
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok().map(|_| (port, reserved))
}
