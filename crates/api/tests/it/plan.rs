//! What would be done.

use domain::tenant::{DatabaseIdentity, DatabaseState, Observed, RoleState, Status, World};
use serde_json::{Value, json};

use crate::support::{Api, path};

fn steps(plan: &Value) -> Vec<&str> {
    plan["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_new_tenants_plan_is_the_whole_deploy() {
    let api = Api::start().await;
    let tenant = api.create("planned").await;
    let plan = api.get(&format!("{}/plan", path(&tenant))).await.body;
    assert_eq!(plan["end"], json!({ "decision": "converged", "detail": "everything is as it should be" }));
    assert_eq!(plan["assumptions"].as_array().unwrap().len(), 2, "{plan}");
    let steps = steps(&plan);
    assert_eq!(steps[..2], ["ensure_network", "ensure_image"]);
    assert!(steps.contains(&"await_release"), "the tag's version has a release phase: {steps:?}");
    assert_eq!(plan["steps"][0]["description"], "Preparing the network");
}

#[tokio::test]
async fn it_begins_at_what_was_seen_and_tells_what_if() {
    let api = Api::start().await;
    let tenant = api.create("planned").await;
    let world = World {
        role: Observed::Present(RoleState { conforms: true }),
        database: Observed::Present(DatabaseState { identity: DatabaseIdentity(7), conforms: true, ruined: false }),
        ..World::empty()
    };
    let worker = api.worker();
    let claimed = worker.claim(&tenant).await;
    worker.finish(&claimed, Status::Provisioning, &world, None).await;
    let plan = format!("{}/plan", path(&tenant));
    let now = api.get(&plan).await.body;
    assert!(!steps(&now).contains(&"ensure_database"), "{now}");
    let destroyed = api.get(&format!("{plan}?state=destroyed")).await.body;
    assert_eq!(steps(&destroyed), ["begin_removal", "drop_database", "drop_role"]);
    assert_eq!(destroyed["desired_state"], "destroyed");
    assert_eq!(api.get(&path(&tenant)).await.body["desired_state"], "running", "a plan changes nothing");
}

#[tokio::test]
async fn it_says_what_it_waits_for() {
    let api = Api::start().await;
    let tenant = api.create("planned").await;
    let worker = api.worker();
    let claimed = worker.claim(&tenant).await;
    let world = World { network: Observed::Unknown, ..World::empty() };
    worker.finish(&claimed, Status::Unknown, &world, None).await;
    let plan = api.get(&format!("{}/plan", path(&tenant))).await.body;
    assert_eq!((steps(&plan).len(), &plan["end"]["decision"]), (0, &json!("waiting")));
    assert!(plan["end"]["detail"].as_str().unwrap().contains("container engine"), "{plan}");
}

#[tokio::test]
async fn what_a_stopped_tenant_had_no_need_of_is_no_obstacle_to_starting_it() {
    let api = Api::start().await;
    let tenant = api.create("planned").await;
    let worker = api.worker();
    let left_out =
        World { image: Observed::Unknown, before: Observed::Unknown, network: Observed::Unknown, ..World::empty() };
    let claimed = worker.claim(&tenant).await;
    worker.finish(&claimed, Status::Stopped, &left_out, None).await;
    let start = api.get(&format!("{}/plan?state=running", path(&tenant))).await.body;
    assert_eq!(start["end"]["decision"], "converged", "{start}");
    assert!(start["assumptions"].to_string().contains("the network and the image are still there"), "{start}");
    assert!(!steps(&start).contains(&"ensure_network"), "{start}");

    // An engine that told of nothing is waited for all the same.
    let tenant = api.create("away").await;
    let claimed = worker.claim(&tenant).await;
    worker.finish(&claimed, Status::Unknown, &World::default(), None).await;
    let start = api.get(&format!("{}/plan?state=running", path(&tenant))).await.body;
    assert_eq!(start["end"]["decision"], "waiting", "{start}");
}
