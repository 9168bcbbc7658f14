//! Every operation on a tenant in every situation: accepted, or refused with its reason.

use axum::body::Body;
use axum::http::Method;
use domain::tenant::{Status, World};
use domain::{Clock, SystemClock};
use serde_json::{Value, json};
use storage::Failure;

use crate::support::{Answer, Api, path};

const TABLE: &str = "
                    start           stop            restart         update          rollback                cancel              destroy           undo-destroy
deploying           already_running 202             202             202             nothing_to_roll_back_to 202                 202               not_being_destroyed
running             already_running 202             202             202             nothing_to_roll_back_to nothing_in_progress 202               not_being_destroyed
changed             already_running 202             202             202             202                     nothing_in_progress 202               not_being_destroyed
failed              202             202             202             202             nothing_to_roll_back_to nothing_in_progress 202               not_being_destroyed
stopping            202             already_stopped not_running     202             nothing_to_roll_back_to 202                 202               not_being_destroyed
stopped             202             already_stopped not_running     202             nothing_to_roll_back_to nothing_in_progress 202               not_being_destroyed
being-destroyed     being_destroyed being_destroyed being_destroyed being_destroyed being_destroyed         202                 already_destroyed 202
being-removed       being_removed   being_removed   being_removed   being_removed   being_removed           being_removed       being_removed     being_removed
destroyed           already_destroyed already_destroyed already_destroyed already_destroyed already_destroyed already_destroyed already_destroyed already_destroyed
";

impl Api {
    async fn operate(&self, tenant: &Value, operation: &str) -> Answer {
        let target = format!("{}/{operation}", path(tenant));
        match operation {
            "update" => self.patch(&path(tenant), &json!({ "image": "fresco-sample:9.0.0" })).await,
            "destroy" => self.post(&target, &json!({ "confirmation": tenant["subdomain"] })).await,
            _ => self.post(&target, &json!({})).await,
        }
    }

    async fn accepted(&self, tenant: &Value, operation: &str) {
        let answer = self.operate(tenant, operation).await;
        assert_eq!(answer.status, 202, "{operation}: {}", answer.text);
    }

    /// A tenant in that situation.
    async fn bring_into(&self, situation: &str, name: &str) -> Value {
        let tenant = self.create(name).await;
        let worker = self.worker();
        match situation {
            "deploying" => return tenant,
            "failed" => {
                let claimed = worker.claim(&tenant).await;
                worker.finish(&claimed, Status::Error, &World::empty(), Some(&failure())).await;
                return tenant;
            }
            _ => worker.settle(&tenant, Status::Active).await,
        }
        match situation {
            "running" => {}
            "changed" => {
                self.accepted(&tenant, "update").await;
                worker.settle(&tenant, Status::Active).await;
            }
            "stopping" | "stopped" => {
                self.accepted(&tenant, "stop").await;
                if situation == "stopped" {
                    worker.settle(&tenant, Status::Stopped).await;
                }
            }
            _ => self.doom(&tenant, situation).await,
        }
        tenant
    }

    async fn doom(&self, tenant: &Value, situation: &str) {
        self.accepted(tenant, "destroy").await;
        let worker = self.worker();
        match situation {
            "being-destroyed" => {}
            "being-removed" => worker.begin_removal(&worker.claim(tenant).await).await,
            "destroyed" => worker.settle(tenant, Status::Destroyed).await,
            other => panic!("no situation is called {other}"),
        }
    }
}

fn failure() -> Failure {
    Failure {
        step: Some("ensure_image".to_owned()),
        cause: "the image can't be found".to_owned(),
        remedy: None,
        permanent: true,
        last_lines: vec![],
        at: SystemClock.now(),
    }
}

#[tokio::test]
async fn every_operation_in_every_situation() {
    let api = Api::start().await;
    let mut lines = TABLE.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let operations = lines.next().unwrap();
    for line in lines {
        let (situation, expected) = line.split_first().unwrap();
        for (operation, expected) in operations.iter().zip(expected) {
            let told = format!("{operation} of one that is {situation}");
            let tenant = api.bring_into(situation, &format!("{operation}-{situation}")).await;
            let before = api.get(&path(&tenant)).await.body["generation"].as_i64().unwrap();
            let answer = api.operate(&tenant, operation).await;
            let after = api.get(&path(&tenant)).await.body["generation"].as_i64().unwrap();
            if *expected == "202" {
                assert_eq!((answer.status.as_u16(), after), (202, before + 1), "{told}: {}", answer.text);
                assert_eq!(answer.body["generation"], after, "{told}");
                assert_eq!(answer.body["tenant"]["id"], tenant["id"], "{told}");
                assert!(answer.body["deployment_id"].as_str().unwrap().starts_with("dep_"), "{told}");
            } else {
                answer.is_problem(409, expected);
                assert_eq!(after, before, "{told}");
            }
        }
    }
}

#[tokio::test]
async fn only_what_was_seen_is_changed() {
    let api = Api::start().await;
    let tenant = api.create("seen").await;
    let ask = async |if_match: &str| {
        let request = api.request(Method::POST, &format!("{}/restart", path(&tenant))).header("if-match", if_match);
        api.ask(request.body(Body::empty()).unwrap()).await
    };
    let stale = ask("\"7\"").await;
    assert!(stale.is_problem(412, "generation_conflict").text.contains("at generation 1"));
    for wrong in ["1", "\"x\"", "W/\"1\"", "\"1\", \"2\"", ""] {
        ask(wrong).await.is_problem(400, "malformed_request");
    }
    assert_eq!(ask("\"1\"").await.status, 202);
    assert_eq!(ask("*").await.status, 202);
    // Of several who have seen the same, one changes it.
    let asked = (0..6).map(|_| ask("\"3\""));
    let answers = futures_util::future::join_all(asked).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 202).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 412).count(), 5);
}

/// A rollback alone is decided like any; with the data it needs a release to go back over. The body may be left out.
#[tokio::test]
async fn the_data_come_back_only_where_a_release_came_since() {
    let api = Api::start().await;
    let worker = api.worker();
    let updated = async |name: &str, is_released| {
        let tenant = api.create(name).await;
        worker.settle(&tenant, Status::Active).await;
        api.accepted(&tenant, "update").await;
        let claimed = worker.claim(&tenant).await;
        if is_released {
            worker.release(&claimed).await;
        }
        worker.finish(&claimed, Status::Active, &World::empty(), None).await;
        tenant
    };
    let tenant = updated("without", false).await;
    let target = format!("{}/rollback", path(&tenant));
    api.post(&target, &json!({ "restore": true })).await.is_problem(409, "nothing_to_restore");

    let tenant = updated("with", true).await;
    let target = format!("{}/rollback", path(&tenant));
    for wrong in [json!({ "restore": "yes" }), json!({ "data": true })] {
        api.post(&target, &wrong).await.is_problem(422, "invalid_request");
    }
    assert_eq!(api.post(&target, &json!({ "restore": true })).await.status, 202);
    let bare = api.request(Method::POST, &target).body(Body::empty()).unwrap();
    assert_ne!(api.ask(bare).await.status, 422, "nothing said is nothing wrong");
}
