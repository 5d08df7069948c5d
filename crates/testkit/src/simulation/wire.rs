//! Calls over simulated connections: one framed question and one framed answer a connection.

use std::future::Future;
use std::io::{Error, ErrorKind};
use std::time::Duration;

use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::{Code, Response, Status};
use turmoil::net::{TcpListener, TcpStream};

/// Port of every host.
const PORT: u16 = 443;
/// A side whose connection says nothing for so long lets go of it.
pub(super) const SILENCE: Duration = Duration::from_secs(200);

/// Asks a host.
///
/// # Errors
/// When the connection fails, or ends without an answer.
pub async fn call(host: &str, question: &[u8]) -> Result<Vec<u8>, Error> {
    let mut stream = TcpStream::connect((host, PORT)).await?;
    send(&mut stream, question).await?;
    receive(&mut stream).await
}

/// Answers questions, each in its own task; no answer closes the connection.
///
/// # Errors
/// When the port cannot be listened on.
pub async fn serve<A, F>(answer: A) -> turmoil::Result
where
    A: Fn(Vec<u8>) -> F + Clone + 'static,
    F: Future<Output = Option<Vec<u8>>> + 'static,
{
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        let answer = answer.clone();
        tokio::task::spawn_local(async move {
            let Ok(Ok(question)) = tokio::time::timeout(SILENCE, receive(&mut stream)).await else { return };
            if let Some(answer) = answer(question).await {
                // Whoever asked may have gone.
                let _ = send(&mut stream, &answer).await;
                let _ = tokio::time::timeout(SILENCE, receive(&mut stream)).await;
            }
        });
    }
}

/// A service's answer as it travels: the message, or why there is none.
pub fn answer<M: Message>(answer: Result<Response<M>, Status>) -> Vec<u8> {
    match answer {
        Ok(answer) => [vec![0], answer.into_inner().encode_to_vec()].concat(),
        Err(status) => [&[u8::try_from(i32::from(status.code())).unwrap()], status.details()].concat(),
    }
}

/// Reads what [`answer`] made.
///
/// # Errors
/// The service's refusal.
pub fn read<M: Message + Default>(answer: &[u8]) -> Result<M, Status> {
    match answer.split_first() {
        Some((0, message)) => Ok(M::decode(message).unwrap()),
        Some((code, details)) => {
            Err(Status::with_details(Code::from_i32(i32::from(*code)), "refused", details.to_vec().into()))
        }
        None => Err(Status::unknown("an empty answer")),
    }
}

async fn send(stream: &mut TcpStream, frame: &[u8]) -> Result<(), Error> {
    let length = u32::try_from(frame.len()).map_err(|_| Error::from(ErrorKind::InvalidInput))?;
    stream.write_all(&[&length.to_be_bytes(), frame].concat()).await
}

async fn receive(stream: &mut TcpStream) -> Result<Vec<u8>, Error> {
    let length = usize::try_from(stream.read_u32().await?).map_err(|_| Error::from(ErrorKind::InvalidData))?;
    let mut frame = vec![0; length];
    stream.read_exact(&mut frame).await?;
    Ok(frame)
}
