//! Letters in a folder.

use std::os::unix::fs::PermissionsExt;

use mail::{Address, Envelope, Folder, Letter, SendError, Sender, Transport};

use crate::examples::{all, letters, moment};

fn letter(id: &str) -> Letter {
    let envelope = Envelope { id: id.into(), to: Address::parse("ada@example.org").unwrap(), at: moment() };
    Letter::compose(&Sender::parse("no-reply@example.org").unwrap(), &envelope, &letters().render(&all()[0]))
}

#[tokio::test]
async fn each_letter_is_one_file_that_only_its_owner_reads() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("outbox");
    let folder = Transport::Folder(Folder::new(path.clone()));
    assert!(folder.check().await.unwrap().contains("outbox"));
    // Sent twice, as after a crash: there once.
    for id in ["mail_1", "mail_2", "mail_2", "../../mail_3"] {
        folder.send(&letter(id)).await.unwrap();
    }
    let mut names: Vec<_> = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["mail_1.eml", "mail_2.eml", "mail_3.eml"]);
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(path.clone()), mode(path.join("mail_1.eml"))), (0o700, 0o600));
    let text = std::fs::read_to_string(path.join("mail_1.eml")).unwrap();
    assert!(text.contains("To: ada@example.org") && text.contains("Message-ID: <mail_1@example.org>"), "{text}");
}

#[tokio::test]
async fn a_folder_that_can_not_be_written_may_be_another_time() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let folder = Transport::Folder(Folder::new(file.path().join("outbox")));
    let error = folder.send(&letter("mail_1")).await.unwrap_err();
    assert!(matches!(&error, SendError::Transient(words) if words.contains("outbox")), "{error:?}");
}
