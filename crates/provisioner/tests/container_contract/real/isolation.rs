//! Tenants don't reach one another; the host reaches them all.

use std::net::{IpAddr, SocketAddr};

use domain::quantity::Bytes;
use domain::tenant::ContainerState;
use provisioner::container::{ContainerSpec, Phase, Restart};
use tokio::io::AsyncReadExt as _;

use crate::bench::{Bench, eventually};
use crate::program::{Program, shell};

/// A container that greets whoever connects.
async fn greeter(bench: &Bench) -> SocketAddr {
    let greet = "while :; do echo hello | /bin/busybox nc -l -p 3000 -w 5; done";
    let spec = ContainerSpec { command: Some(shell(greet)), ..bench.spec(Phase::Serve, Program::Sleeps) };
    let id = bench.made(&spec).await;
    let state = bench.engine.start_container(&id).await.unwrap();
    let ContainerState::Running { address: Some(address), .. } = state else { panic!("{state:?}") };
    eventually("the greeter", || greeted(address)).await;
    address
}

async fn greeted(address: SocketAddr) -> Option<()> {
    let mut stream = tokio::net::TcpStream::connect(address).await.ok()?;
    let mut greeting = String::new();
    stream.read_to_string(&mut greeting).await.ok()?;
    (greeting == "hello\n").then_some(())
}

/// What a container sees that connects to `target` on port 3000.
async fn seen_from_inside(bench: &Bench, target: IpAddr) -> String {
    let connect = format!("/bin/busybox nc -w 2 {target} 3000 </dev/null || echo out of reach");
    let spec = bench.spec(Phase::Release, Program::Sleeps);
    let spec = ContainerSpec { command: Some(shell(&connect)), restart: Restart::Never, ..spec };
    let id = bench.made(&spec).await;
    bench.engine.start_container(&id).await.unwrap();
    bench.engine.wait_container(&id).await.unwrap();
    bench.engine.tail_log(&id, 10, Bytes::mib(1)).await.unwrap().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn containers_of_the_network_do_not_reach_one_another() {
    let bench = Bench::docker().await;
    let address = greeter(&bench).await;
    let seen = seen_from_inside(&bench, address.ip()).await;
    assert!(seen.contains("out of reach") && !seen.contains("hello"), "{seen}");
    assert_eq!(greeted(address).await, Some(()), "the host still reaches it");
}

/// The test before would pass as well if nothing could connect to anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_does_reach_the_host() {
    let bench = Bench::docker().await;
    let gateway = bench.engine.ensure_network(&bench.network).await.unwrap().gateway;
    let listener = tokio::net::TcpListener::bind((gateway, 3000)).await.unwrap();
    let greet = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"hello\n").await.unwrap();
    };
    let (seen, ()) = tokio::join!(seen_from_inside(&bench, gateway), greet);
    assert_eq!(seen, "hello");
}
