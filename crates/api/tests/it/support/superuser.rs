//! A superuser's session, to get in the others' way: PostgreSQL's own client, told one line after the other.

use std::process::Stdio;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const END: &str = "-- that was all";
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Superuser {
    _psql: Child,
    into: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
}

impl Superuser {
    pub(crate) fn connect(url: &SecretString) -> Self {
        let mut psql = Command::new(test_cluster::program("psql"))
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"])
            .arg(url.expose_secret())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (into, from) = (psql.stdin.take().unwrap(), psql.stdout.take().unwrap());
        Self { _psql: psql, into, from: BufReader::new(from).lines() }
    }

    /// The answer's lines, once it is there.
    pub(crate) async fn ask(&mut self, sql: &str) -> Vec<String> {
        self.into.write_all(format!("{sql};\n\\echo {END}\n").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        loop {
            let line = self.from.next_line().await.unwrap().expect("psql has ended: what it said stands above");
            if line == END {
                return answer;
            }
            answer.push(line);
        }
    }

    /// Asks until the answer is yes.
    pub(crate) async fn until(&mut self, question: &str) {
        let yes = async {
            while self.ask(question).await != ["t"] {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, yes).await.unwrap_or_else(|_| panic!("never: {question}"));
    }
}
