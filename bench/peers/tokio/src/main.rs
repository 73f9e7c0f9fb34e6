//! The Rust original, kept alive: it greets and drops the connection, or, with the argument
//! `drain`, ends it with the same care as the server that it is compared with.

use std::{io, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

const LINGER: Duration = Duration::from_millis(500);
const MAX_LINGER: Duration = Duration::from_secs(5);

async fn drain(mut stream: TcpStream) -> io::Result<()> {
    let mut sink = [0; 4096];
    stream.shutdown().await?;
    while timeout(LINGER, stream.read(&mut sink)).await?? > 0 {}
    Ok(())
}

async fn handle(mut stream: TcpStream, drains: bool) -> io::Result<()> {
    stream.write_all(b"Hello!").await?;
    if drains {
        timeout(MAX_LINGER, drain(stream)).await??;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let drains = std::env::args().any(|arg| arg == "drain");
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    let listener = socket.listen(4096)?;
    println!("Listening on {}", listener.local_addr()?);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(handle(stream, drains))),
            Err(_) => sleep(Duration::from_millis(5)).await,
        }
    }
}
