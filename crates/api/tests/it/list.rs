//! Pages of tenants.

use domain::tenant::Status;
use serde_json::{Value, json};

use crate::support::{Api, path};

fn names(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|tenant| tenant["subdomain"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_neither_repeat_nor_hide_while_tenants_come_and_go() {
    let api = Api::start().await;
    let mut doomed = Value::Null;
    for number in 0..7 {
        let tenant = api.create(&format!("tenant-{number}")).await;
        if number == 4 {
            doomed = tenant;
        }
    }
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("/api/v1/tenants?limit=2{next}")).await.body;
        seen.extend(names(&page));
        // The one that the next page would begin behind goes, and a newer one comes.
        if seen.len() == 2 {
            api.create("newcomer").await;
            api.post(&format!("{}/destroy", path(&doomed)), &json!({ "confirmation": "tenant-4" })).await;
            api.worker().settle(&doomed, Status::Destroyed).await;
        }
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, ["tenant-6", "tenant-5", "tenant-3", "tenant-2", "tenant-1", "tenant-0"]);
}

#[tokio::test]
async fn a_list_is_narrowed_by_name_and_status() {
    let api = Api::start().await;
    for name in ["alpha-one", "alpha-two", "gamma"] {
        let tenant = api.create(name).await;
        if name == "alpha-two" {
            api.worker().settle(&tenant, Status::Active).await;
        }
    }
    let listed = async |query: &str| names(&api.get(&format!("/api/v1/tenants{query}")).await.body);
    assert_eq!(listed("?search=alpha").await, ["alpha-two", "alpha-one"]);
    assert_eq!(listed("?search=ALPHA&status=active").await, ["alpha-two"]);
    assert_eq!(listed("?search=%25").await, Vec::<String>::new(), "no wildcard");
    assert_eq!(listed("?search=").await, ["gamma", "alpha-two", "alpha-one"]);
    assert_eq!(listed("?status=pending").await, ["gamma", "alpha-one"]);
}

#[tokio::test]
async fn tombstones_are_shown_to_who_asks_for_them() {
    let api = Api::start().await;
    let tenant = api.create("gone").await;
    api.post(&format!("{}/destroy", path(&tenant)), &json!({ "confirmation": "gone" })).await;
    api.worker().settle(&tenant, Status::Destroyed).await;
    let listed = async |query: &str| names(&api.get(&format!("/api/v1/tenants{query}")).await.body);
    assert_eq!(listed("").await, Vec::<String>::new());
    assert_eq!(listed("?destroyed=true").await, ["gone"]);
    assert_eq!(listed("?status=destroyed").await, ["gone"]);
}
