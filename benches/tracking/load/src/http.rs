//! HTTP/1.1 on one kept-alive connection: a request goes out in one write, an answer comes back.
//!
//! Nagle's algorithm is off, and what arrives is acknowledged at once (`TCP_QUICKACK`): a server that
//! sends head and body in two writes would otherwise wait 40 ms for our kernel. Bodies may come by
//! length or in chunks. No TLS, no redirects, no compression.

use crate::Outcome;
use socket2::SockRef;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// A server that says nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(600);
/// Less than this may be the end of what is sent.
const LITTLE: usize = 16 * 1024;
const READ_BYTES: usize = 256 * 1024;

/// One client's line to the server. Opens again when the server has closed it.
pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    request: Vec<u8>,
    answer: Vec<u8>,
    received: Box<[u8]>,
    start: usize,
    end: usize,
}

struct Head {
    status: u16,
    length: Option<u64>,
    chunked: bool,
    close: bool,
}

impl Connection {
    /// A line to a port of this machine, opened by the first call.
    pub fn new(port: u16) -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            stream: None,
            request: Vec::new(),
            answer: Vec::new(),
            received: vec![0; READ_BYTES].into_boxed_slice(),
            start: 0,
            end: 0,
        }
    }

    /// Sends JSON by POST; gives the body of an answer of status 200.
    pub fn post(&mut self, path: &str, body: &str) -> Outcome<&str> {
        self.head("POST", path, "application/json", body.len() as u64);
        self.request.extend_from_slice(body.as_bytes());
        self.exchange(path)
    }

    /// Gives the body of an answer of status 200.
    pub fn get(&mut self, path: &str) -> Outcome<&str> {
        self.head("GET", path, "", 0);
        self.exchange(path)
    }

    /// Sends a file by PUT, head first.
    pub fn put_file(&mut self, path: &str, file: &mut File) -> Outcome<()> {
        let length = file.metadata().map_err(told(path))?.len();
        self.head("PUT", path, "application/octet-stream", length);
        self.send().map_err(told(path))?;
        let mut stream = self.stream.as_ref().expect("sending opened it");
        match io::copy(file, &mut stream) {
            Ok(_) => self.finish(path).map(drop),
            // A server that refuses a body may say why before it hangs up.
            Err(error) => {
                self.finish(path).map(drop)?;
                Err(format!("{path}: {error}"))
            }
        }
    }

    /// Writes the body of an answer into a file, as it comes.
    pub fn get_file(&mut self, path: &str, file: &mut File) -> Outcome<()> {
        self.head("GET", path, "", 0);
        self.send().map_err(told(path))?;
        let head = self.receive_head().map_err(told(path))?;
        if head.status != 200 {
            return Err(format!("{path} answered {}", head.status));
        }
        self.receive_body(&head, file).map_err(told(path))?;
        self.close_if(&head);
        Ok(())
    }

    fn head(&mut self, method: &str, path: &str, kind: &str, length: u64) {
        self.request.clear();
        let out = &mut self.request;
        let written = write!(out, "{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address)
            .and_then(|()| match kind {
                "" => Ok(()),
                _ => write!(out, "Content-Type: {kind}\r\nContent-Length: {length}\r\n"),
            })
            .and_then(|()| out.write_all(b"Accept: */*\r\n\r\n"));
        written.expect("memory takes what is written to it");
    }

    fn exchange(&mut self, path: &str) -> Outcome<&str> {
        self.send().map_err(told(path))?;
        self.finish(path)
    }

    fn send(&mut self) -> io::Result<()> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            (self.start, self.end) = (0, 0);
            self.stream = Some(stream);
        }
        let sent = self.stream.as_ref().expect("just opened").write_all(&self.request);
        if sent.is_err() {
            self.stream = None;
        }
        sent
    }

    fn finish(&mut self, path: &str) -> Outcome<&str> {
        let mut answer = std::mem::take(&mut self.answer);
        answer.clear();
        let received = self.receive(&mut answer);
        self.answer = answer;
        if received.is_err() {
            self.stream = None;
        }
        let status = received.map_err(told(path))?;
        let body = str::from_utf8(&self.answer).map_err(|_| format!("{path}: not UTF-8"))?;
        if status == 200 {
            return Ok(body);
        }
        let start: String = body.chars().take(300).collect();
        Err(format!("{path} answered {status}: {start}"))
    }

    fn receive(&mut self, sink: &mut impl Write) -> io::Result<u16> {
        let head = self.receive_head()?;
        self.receive_body(&head, sink)?;
        self.close_if(&head);
        Ok(head.status)
    }

    fn close_if(&mut self, head: &Head) {
        if head.close {
            self.stream = None;
        }
    }

    fn receive_head(&mut self) -> io::Result<Head> {
        let mut seen = 0;
        loop {
            let pending = &self.received[self.start..self.end];
            let from = self.start + usize::max(seen, 3) - 3;
            if let Some(at) = find(&self.received[from..self.end], b"\r\n\r\n") {
                let head = parse(&self.received[self.start..from + at])?;
                self.start = from + at + 4;
                return Ok(head);
            }
            seen = pending.len();
            self.fill()?;
        }
    }

    fn receive_body(&mut self, head: &Head, sink: &mut impl Write) -> io::Result<()> {
        if !head.chunked {
            let length = head.length.ok_or_else(|| bad("an answer has no length"))?;
            return self.pass_on(length, sink);
        }
        loop {
            let line = self.line()?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16).map_err(|_| bad("a chunk has no size"))?;
            self.pass_on(size, sink)?;
            self.line()?;
            if size == 0 {
                return Ok(());
            }
        }
    }

    fn pass_on(&mut self, mut left: u64, sink: &mut impl Write) -> io::Result<()> {
        while left > 0 {
            if self.start == self.end {
                self.fill()?;
            }
            let here = left.min((self.end - self.start) as u64) as usize;
            sink.write_all(&self.received[self.start..self.start + here])?;
            self.start += here;
            left -= here as u64;
        }
        Ok(())
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(at) = find(&self.received[self.start..self.end], b"\r\n") {
                let line = &self.received[self.start..self.start + at];
                let line = String::from_utf8_lossy(line).into_owned();
                self.start += at + 2;
                return Ok(line);
            }
            self.fill()?;
        }
    }

    /// Reads once more behind what is not yet taken, and acknowledges it.
    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.received.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.received.len() {
            return Err(bad("a head or line is too long"));
        }
        let mut stream = self.stream.as_ref().ok_or_else(|| bad("the line is closed"))?;
        let count = stream.read(&mut self.received[self.end..])?;
        // Of a large body the kernel acknowledges in time by itself.
        if count < LITTLE {
            SockRef::from(stream).set_tcp_quickack(true)?;
        }
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.end += count;
        Ok(())
    }
}

fn parse(head: &[u8]) -> io::Result<Head> {
    let text = str::from_utf8(head).map_err(|_| bad("a head is not text"))?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let status = status.ok_or_else(|| bad("an answer has no status"))?;
    let mut head = Head { status, length: None, chunked: false, close: false };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            head.length = value.parse().ok();
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            head.chunked = value.eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("connection") {
            head.close = value.eq_ignore_ascii_case("close");
        }
    }
    Ok(head)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn told(path: &str) -> impl Fn(io::Error) -> String {
    move |error| format!("{path}: {error}")
}
