use chrono::TimeDelta;

use super::*;
use crate::image::{ImageId, ImageReference};
use crate::tenant::ImagePolicy;

fn at(hours: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::hours(hours)
}

fn spec(image: &str) -> TenantSpec {
    let json = format!(r#"{{"app":"sample","isolation":"database","image":"{image}","limits":null,"restarts":7}}"#);
    TenantSpec { refreshes: 2, ..serde_json::from_str(&json).unwrap() }
}

fn pin(digit: &str) -> ImagePin {
    ImagePin {
        reference: ImageReference::parse("sample:1").unwrap(),
        id: ImageId::parse(&format!("sha256:{}", digit.repeat(64))).unwrap(),
        digest: None,
        version: None,
        refreshes: 0,
    }
}

fn before() -> Revision {
    let spec = TenantSpec { restarts: 3, refreshes: 0, ..spec("sample:1") };
    Revision {
        generation: 4,
        desired_state: DesiredState::Running,
        spec,
        image: Some(pin("a")),
        released_over: Some(2),
    }
}

/// All operations, and what each is called in the table.
fn operations() -> [(&'static str, Operation); 9] {
    let update = |spec, notes| Operation::Update(Box::new(Update { spec, notes }));
    [
        ("start", Operation::Start),
        ("stop", Operation::Stop),
        ("restart", Operation::Restart),
        ("update", update(spec("sample:3"), false)),
        ("same", update(spec("sample:2"), false)),
        ("rollback", Operation::Rollback { restore: false }),
        ("cancel", Operation::Cancel),
        ("destroy", Operation::Destroy { after: at(24) }),
        ("undo", Operation::Undo),
    ]
}

/// What each is answered with: the desired state it leads to, or the beginning of the refusal.
fn answers(standing: &Standing<'_>) -> Vec<(&'static str, String)> {
    let answer = |operation: &Operation| match decide(operation, standing) {
        Ok(goal) => goal.desired_state.as_str().to_owned(),
        Err(refusal) => format!("{refusal:?}").split('(').next().unwrap().to_owned(),
    };
    operations().iter().map(|(name, operation)| (*name, answer(operation))).collect()
}

/// Each operation in each situation: the desired state it leads to, or what it is refused with.
const TABLE: &str = "
                     start        stop         restart      update       same           rollback          cancel            destroy               undo
runs                 Running      stopped      running      running      NothingChanges running           NothingInProgress destroyed             NotBeingDestroyed
starts               Starting     stopped      running      running      NothingChanges running           running           destroyed             NotBeingDestroyed
is-tried-again       running      stopped      running      running      NothingChanges running           running           destroyed             NotBeingDestroyed
has-failed           running      stopped      running      running      NothingChanges running           NothingInProgress destroyed             NotBeingDestroyed
drifted              running      stopped      running      running      NothingChanges running           NothingInProgress destroyed             NotBeingDestroyed
begins               Starting     stopped      running      running      NothingChanges NothingToGoBackTo stopped           destroyed             NotBeingDestroyed
is-stopped           running      Stopped      NotRunning   stopped      NothingChanges stopped           NothingInProgress destroyed             NotBeingDestroyed
stops                running      Stopping     NotRunning   stopped      NothingChanges stopped           running           destroyed             NotBeingDestroyed
cannot-be-stopped    running      stopped      NotRunning   stopped      NothingChanges stopped           running           destroyed             NotBeingDestroyed
is-being-destroyed   BeingDestroyed BeingDestroyed BeingDestroyed BeingDestroyed BeingDestroyed BeingDestroyed running      AlreadyBeingDestroyed running
is-being-removed     BeingRemoved BeingRemoved BeingRemoved BeingRemoved BeingRemoved   BeingRemoved      BeingRemoved      BeingRemoved          BeingRemoved
is-gone              Destroyed    Destroyed    Destroyed    Destroyed    Destroyed      Destroyed         Destroyed         Destroyed             Destroyed
";

fn situation<'a>(name: &str, spec: &'a TenantSpec, back: &'a Revision) -> Standing<'a> {
    let runs = Standing {
        desired_state: DesiredState::Running,
        generation: 6,
        spec,
        health: Health::Well,
        in_progress: false,
        destroy_after: None,
        removal: Removal::NotBegun,
        back: Some(back),
    };
    let (in_progress, health) = (true, Health::Open);
    let stopped = Standing { desired_state: DesiredState::Stopped, ..runs };
    let doomed = Standing { desired_state: DesiredState::Destroyed, destroy_after: Some(at(24)), ..runs };
    match name {
        "runs" => runs,
        "starts" => Standing { in_progress, health, ..runs },
        "is-tried-again" => Standing { in_progress, health: Health::Failing, ..runs },
        "has-failed" => Standing { health: Health::Failing, ..runs },
        "drifted" => Standing { health, ..runs },
        "begins" => Standing { in_progress, health, back: None, ..runs },
        "is-stopped" => stopped,
        "stops" => Standing { in_progress, health, ..stopped },
        "cannot-be-stopped" => Standing { in_progress, health: Health::Failing, ..stopped },
        "is-being-destroyed" => doomed,
        "is-being-removed" => Standing { removal: Removal::Begun, ..doomed },
        "is-gone" => Standing { removal: Removal::Done, ..doomed },
        other => panic!("no situation is called {other}"),
    }
}

#[test]
fn every_operation_in_every_situation() {
    let (spec, back) = (spec("sample:2"), before());
    let mut lines = TABLE.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let names = lines.next().unwrap();
    assert_eq!(names, operations().map(|(name, _)| name));
    for line in lines {
        let (name, expected) = line.split_first().unwrap();
        let expected: Vec<_> = names.iter().copied().zip(expected.iter().map(|word| (*word).to_owned())).collect();
        assert_eq!(answers(&situation(name, &spec, &back)), expected, "one that {name}");
    }
}

#[test]
fn who_goes_back_gets_the_very_image_and_all_else_as_it_was() {
    let follows = TenantSpec { image_policy: ImagePolicy::Automatic, ..spec("sample:2") };
    let (spec, back) = (follows, before());
    let now = Standing {
        desired_state: DesiredState::Stopped,
        generation: 6,
        spec: &spec,
        health: Health::Failing,
        in_progress: true,
        destroy_after: None,
        removal: Removal::NotBegun,
        back: Some(&back),
    };
    let rolled_back = decide(&Operation::Rollback { restore: false }, &now).unwrap();
    assert_eq!((rolled_back.desired_state, rolled_back.back_to), (DesiredState::Stopped, Some(4)));
    let image_policy = ImagePolicy::Automatic;
    let expected = TenantSpec { restarts: 7, refreshes: 2, pin: Some(pin("a")), image_policy, ..before().spec };
    assert_eq!(rolled_back.spec, expected, "a rollback is no restart");
    let cancelled = decide(&Operation::Cancel, &now).unwrap();
    assert_eq!((cancelled.desired_state, cancelled.back_to), (DesiredState::Running, Some(4)));
    assert_eq!(cancelled.spec.restarts, 3, "a cancelled restart leaves the container that was there");
}

#[test]
fn a_destroy_is_hurried_but_not_delayed_and_undone_into_what_it_was() {
    let (spec, back) = (spec("sample:2"), Revision { desired_state: DesiredState::Stopped, ..before() });
    let doomed = Standing {
        desired_state: DesiredState::Destroyed,
        generation: 6,
        spec: &spec,
        health: Health::Open,
        in_progress: true,
        destroy_after: Some(at(24)),
        removal: Removal::NotBegun,
        back: Some(&back),
    };
    let hurried = decide(&Operation::Destroy { after: at(0) }, &doomed).unwrap();
    assert_eq!((hurried.desired_state, hurried.destroy_after), (DesiredState::Destroyed, Some(at(0))));
    let delayed = decide(&Operation::Destroy { after: at(48) }, &doomed);
    assert_eq!(delayed, Err(Refusal::AlreadyBeingDestroyed(at(24))));
    for operation in [Operation::Undo, Operation::Cancel] {
        let goal = decide(&operation, &doomed).unwrap();
        let expected =
            Goal { desired_state: DesiredState::Stopped, spec: spec.clone(), destroy_after: None, back_to: Some(4) };
        assert_eq!(goal, expected);
    }
    let refusal = decide(&Operation::Start, &doomed).unwrap_err().to_string();
    assert!(refusal.contains("until 2027-01-16 08:00 UTC"), "{refusal}");
}

#[test]
fn an_update_of_notes_alone_is_one() {
    let spec = spec("sample:2");
    let now = Standing {
        desired_state: DesiredState::Running,
        generation: 6,
        spec: &spec,
        health: Health::Well,
        in_progress: false,
        destroy_after: None,
        removal: Removal::NotBegun,
        back: None,
    };
    let update = |notes| Operation::Update(Box::new(Update { spec: spec.clone(), notes }));
    assert_eq!(decide(&update(false), &now), Err(Refusal::NothingChanges));
    assert_eq!(decide(&update(true), &now).unwrap().spec, spec);
}

#[test]
fn who_goes_back_with_the_data_names_the_first_release_since() {
    let open = RestoreWish { asked: 5, before_release: 3 };
    let (spec, back) = (TenantSpec { restore: Some(open), ..spec("sample:2") }, before());
    let now = situation("has-failed", &spec, &back);
    let restored = decide(&Operation::Rollback { restore: true }, &now).unwrap();
    assert_eq!(restored.spec.restore, Some(RestoreWish { asked: 7, before_release: 2 }));
    assert_eq!(restored.spec.image, before().spec.image);
    let plain = decide(&Operation::Rollback { restore: false }, &now).unwrap();
    assert_eq!(plain.spec.restore, None, "a wish that could not be granted is dropped by going back without it");
    let same = Revision { released_over: None, ..before() };
    let refused = decide(&Operation::Rollback { restore: true }, &Standing { back: Some(&same), ..now });
    assert_eq!(refused, Err(Refusal::NothingToRestore));
}
