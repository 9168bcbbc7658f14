use domain::SystemEntropy;
use domain::tenant::{Status, World};
use secrecy::ExposeSecret;
use storage::{ClaimError, Finished, Keyring, KeyringError, NewSecret, Scope, SecretsError};

use crate::support::{Platform, all_well, new_tenant, now, worker};

fn keyring() -> Keyring {
    let folder = tempfile::tempdir().unwrap();
    Keyring::generate_file(&folder.path().join("keys"), &SystemEntropy).unwrap()
}

#[tokio::test]
async fn missing_secrets_are_made_once_and_stay() {
    let platform = Platform::start().await;
    platform.tenant("study").await;
    let claim = platform.claim_one(worker(1)).await;
    let keyring = keyring();
    let ensure = async |names: &[&str]| {
        platform.worker.ensure_secrets(&claim.lease, names, &keyring, &SystemEntropy).await.unwrap()
    };
    let first = ensure(&["database"]).await;
    let both = ensure(&["database", "session"]).await;
    assert_eq!((both.len(), both["database"].version), (2, 1));
    assert_eq!(both["database"].value.expose_secret(), first["database"].value.expose_secret());
    assert_ne!(both["database"].value.expose_secret(), both["session"].value.expose_secret());
    assert_eq!(both["session"].value.expose_secret().len(), 64);
    assert!(ensure(&[]).await.is_empty());
}

#[tokio::test]
async fn what_the_web_side_seals_the_worker_opens_by_its_version() {
    let platform = Platform::start().await;
    let keyring = keyring();
    let mut new = new_tenant("study");
    new.secrets = [1, 2]
        .map(|version| {
            NewSecret::seal(
                &keyring.sealer(),
                new.id,
                ("env:TOKEN", version),
                &format!("value {version}"),
                &SystemEntropy,
            )
        })
        .into();
    platform.api.create_tenant(Scope::Operator, new).await.unwrap();
    let claim = platform.claim_one(worker(1)).await;
    let open = async |version| platform.worker.open_secret(&claim.lease, ("env:TOKEN", version), &keyring).await;
    assert_eq!(open(1).await.unwrap().expose_secret(), "value 1");
    assert!(matches!(open(3).await, Err(SecretsError::Missing { version: 3, .. })));
    let newest = platform.worker.ensure_secrets(&claim.lease, &["env:TOKEN"], &keyring, &SystemEntropy).await.unwrap();
    assert_eq!((newest["env:TOKEN"].version, newest["env:TOKEN"].value.expose_secret()), (2, "value 2"));
}

#[tokio::test]
async fn a_sealed_value_moved_to_another_row_does_not_open() {
    let platform = Platform::start().await;
    platform.tenant("study").await;
    let claim = platform.claim_one(worker(1)).await;
    let keyring = keyring();
    let names = ["one", "other"];
    platform.worker.ensure_secrets(&claim.lease, &names, &keyring, &SystemEntropy).await.unwrap();
    platform
        .sql(
            "UPDATE fresco.tenant_secrets SET sealed = (SELECT sealed FROM fresco.tenant_secrets WHERE name = 'one')
              WHERE name = 'other'",
        )
        .await;
    let error = platform.worker.ensure_secrets(&claim.lease, &names, &keyring, &SystemEntropy).await.unwrap_err();
    let moved = matches!(&error, SecretsError::Sealed { name, source: KeyringError::Refused, .. } if name == "other");
    assert!(moved, "{error:?}");
}

#[tokio::test]
async fn a_late_holder_gets_none_and_a_tombstone_keeps_none() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let late = platform.claim_one(worker(1)).await;
    let keyring = keyring();
    platform.worker.ensure_secrets(&late.lease, &["database"], &keyring, &SystemEntropy).await.unwrap();
    platform.worker.release_claims(worker(1)).await.unwrap();
    let lost = platform.worker.ensure_secrets(&late.lease, &["database"], &keyring, &SystemEntropy).await.unwrap_err();
    assert!(matches!(lost, SecretsError::Claim(ClaimError::Lost)), "{lost:?}");
    let claim = platform.claim_one(worker(2)).await;
    let world = World::empty();
    let finished = Finished { status: Status::Destroyed, next_at: now(), ..all_well(&claim, &world) };
    platform.worker.finish(&claim.lease, &finished).await.unwrap();
    assert_eq!(platform.number("SELECT count(*) FROM fresco.tenant_secrets").await, 0, "{id}");
}

#[tokio::test]
async fn keys_are_noted_by_what_tells_them_apart_and_the_first_of_an_id_stays() {
    let platform = Platform::start().await;
    platform.tenant("study").await;
    let claim = platform.claim_one(worker(1)).await;
    let (right, other) = (keyring(), keyring());
    assert_eq!(platform.api.known_keys().await.unwrap(), []);
    for _ in 0..2 {
        platform.worker.note_keys(&right).await.unwrap();
    }
    platform.worker.ensure_secrets(&claim.lease, &["one", "two"], &right, &SystemEntropy).await.unwrap();
    let key = right.sealer().print();
    let known = platform.api.known_keys().await.unwrap();
    assert!(known.len() == 1 && known[0].is(&key) && known[0].held, "{known:?}");
    assert_eq!(platform.worker.sealed_with().await.unwrap(), [(key.id.clone(), 2)].into());

    platform.worker.note_keys(&other).await.unwrap();
    let known = platform.api.known_keys().await.unwrap();
    let held: Vec<_> = known.iter().filter(|known| known.held).collect();
    assert!(known.len() == 2 && held.len() == 1 && held[0].is(&other.sealer().print()), "{known:?}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("namesake");
    std::fs::write(&path, format!("{}:{}", key.id, "ab".repeat(32))).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    platform.worker.note_keys(&Keyring::from_file(&path).unwrap()).await.unwrap();
    let known = platform.api.known_keys().await.unwrap();
    assert!(known.iter().any(|known| known.is(&key)) && known.iter().all(|known| !known.held), "{known:?}");
}
