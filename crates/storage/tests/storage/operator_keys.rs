use chrono::TimeDelta;
use storage::NewOperatorKey;
use uuid::Uuid;

use crate::support::{Platform, now};

#[tokio::test]
async fn a_key_works_until_it_is_revoked() {
    let platform = Platform::start().await;
    let new = NewOperatorKey { id: Uuid::from_u128(7), name: "laptop".into(), hash: [7; 32], now: now() };
    platform.worker.create_operator_key(&new).await.unwrap();
    let found = platform.api.find_operator_key(new.id).await.unwrap().unwrap();
    assert_eq!((found.hash, found.last_used_at), (new.hash, None));
    assert!(!format!("{found:?}{new:?}").contains("hash"));

    let used = now();
    for later in [0, 30, 90] {
        platform.api.touch_operator_key(new.id, used + TimeDelta::seconds(later)).await.unwrap();
    }
    let found = platform.api.find_operator_key(new.id).await.unwrap().unwrap();
    let noted = (found.last_used_at.unwrap() - used).num_milliseconds();
    assert!((89_999..=90_000).contains(&noted), "{noted}");

    assert!(platform.worker.revoke_operator_key(new.id, now()).await.unwrap());
    assert!(!platform.worker.revoke_operator_key(new.id, now()).await.unwrap());
    assert_eq!(platform.api.find_operator_key(new.id).await.unwrap(), None);
    assert!(platform.api.list_operator_keys().await.unwrap()[0].revoked_at.is_some());
}
