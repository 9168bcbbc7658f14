//! Wishes and worlds for tests: typical ones, and any there can be.

use std::net::SocketAddr;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use crate::image::{ImageId, ImagePin, ImageReference};
use crate::tenant::*;
use crate::{Clock, Entropy, TenantId};

pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

#[derive(Debug)]
struct Fixed;
impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}
impl Clock for Fixed {
    fn now(&self) -> DateTime<Utc> {
        now()
    }
}

fn pin(digit: char) -> ImagePin {
    ImagePin {
        reference: ImageReference::parse("app:1").unwrap(),
        id: ImageId::parse(&format!("sha256:{}", digit.to_string().repeat(64))).unwrap(),
        digest: None,
        version: None,
        refreshes: 0,
    }
}

pub(super) fn container(digit: char) -> ContainerId {
    ContainerId::parse(&digit.to_string().repeat(64)).unwrap()
}

pub(super) fn resolved(release: bool) -> Resolved {
    Resolved {
        pin: pin('a'),
        dump_before: true,
        release: release.then(|| hash(&"release")),
        serve: hash(&"serve"),
        ready_within: TimeDelta::seconds(30),
    }
}

pub(super) fn desired(state: DesiredState, release: bool, publishes: bool) -> Desired {
    Desired {
        tenant: TenantId::generate(now(), &Fixed),
        state,
        image: ImageReference::parse("app:1").unwrap(),
        resolved: Some(resolved(release)),
        before: None,
        route: RouteGoal { hash: hash(&"route"), publishes },
        restore: None,
        remove_after: None,
        crashes: CrashPolicy::DEFAULT,
    }
}

pub(super) fn any_desired() -> impl Strategy<Value = Desired> {
    let state = prop_oneof![Just(DesiredState::Running), Just(DesiredState::Stopped), Just(DesiredState::Destroyed)];
    let (before, restore) = (prop::option::of(any_hash("serve")), prop::option::weighted(0.3, any_wish()));
    let all = (state, any::<bool>(), any::<bool>(), any::<bool>(), before, restore);
    all.prop_map(|(state, release, publishes, unresolved, before, restore)| {
        let mut desired = Desired { restore, ..desired(state, release, publishes) };
        desired.before = before.map(|serve| Resolved { serve, ..resolved(release) });
        if unresolved {
            desired.resolved = None;
        }
        desired
    })
}

/// On the heap: all parts together are more than a test's stack holds.
fn observed<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Observed<T>> {
    prop_oneof![1 => Just(Observed::Unknown), 3 => Just(Observed::Absent), 6 => value.prop_map(Observed::Present)]
        .boxed()
}

fn mostly_absent<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Observed<T>> {
    prop_oneof![1 => Just(Observed::Unknown), 5 => Just(Observed::Absent), 4 => value.prop_map(Observed::Present)]
        .boxed()
}

fn any_address() -> impl Strategy<Value = Option<SocketAddr>> {
    prop_oneof![
        Just(None),
        Just(Some("10.77.0.9:3000".parse().unwrap())),
        Just(Some("10.77.0.8:3000".parse().unwrap()))
    ]
}

fn any_state() -> impl Strategy<Value = ContainerState> {
    let running = (any_address(), 0..120_i64)
        .prop_map(|(address, age)| ContainerState::Running { started_at: now() - TimeDelta::seconds(age), address });
    let exited = (0..3_i64, any::<bool>()).prop_map(|(exit_code, oom_killed)| ContainerState::Exited {
        exit_code,
        oom_killed,
        finished_at: now(),
    });
    prop_oneof![
        Just(ContainerState::Created),
        running,
        Just(ContainerState::Restarting { exit_code: 1, oom_killed: false }),
        Just(ContainerState::Paused),
        exited,
        Just(ContainerState::Dead)
    ]
}

/// Two wishes, each for a dump of its own.
fn any_wish() -> impl Strategy<Value = RestoreWish> {
    prop_oneof![Just(5_i64), Just(9)].prop_map(|asked| RestoreWish { asked, before_release: u32::from(asked == 9) + 2 })
}

prop_compose! {
    fn any_restoration()(
        wish in any_wish(),
        stage in prop_oneof![Just(RestorationStage::Begun), Just(RestorationStage::Done), Just(RestorationStage::Undone)],
    ) -> Restoration {
        Restoration { wish, stage }
    }
}

prop_compose! {
    fn any_dumps()(
        before_next in any::<bool>(), releases in prop::collection::btree_set(2..4_u32, 0..3),
        restores in prop::collection::btree_set(prop_oneof![Just(5_i64), Just(9)], 0..3),
    ) -> DumpsState {
        DumpsState { before_next, releases, restores }
    }
}

fn any_hash(wanted: &'static str) -> impl Strategy<Value = SpecHash> {
    prop_oneof![2 => Just(hash(&wanted)), 1 => Just(hash(&"old"))]
}

prop_compose! {
    fn any_crashes()(restarts in 0..8_u32, forgiven in 0..3_u32, held in prop::bool::weighted(0.3), tries in 0..4_u32) -> Crashes {
        Crashes { restarts, forgiven, held, tries }
    }
}

prop_compose! {
    fn any_serve(digit: char)(
        owned in prop::bool::weighted(0.9), hash in any_hash("serve"), state in any_state(), elsewhere in prop::bool::weighted(0.1), conforms in prop::bool::weighted(0.8),
        ready in any::<bool>(), unfit in prop::option::of(Just(String::new())), led_to in any::<bool>(), crashes in any_crashes(),
    ) -> ServeContainer {
        ServeContainer { id: container(digit), owned, hash, version: None, state, elsewhere, conforms, ready, unfit, led_to, crashes }
    }
}

fn any_rejection() -> impl Strategy<Value = Rejection> {
    any_hash("serve").prop_map(|hash| Rejection {
        generation: 1,
        hash,
        cause: String::new(),
        lines: Vec::new(),
        at: now(),
    })
}

prop_compose! {
    fn any_release()(owned in prop::bool::weighted(0.9), hash in any_hash("release"), state in any_state(), ineffective in any::<bool>()) -> ReleaseContainer {
        ReleaseContainer { id: container('2'), owned, hash, state, ineffective }
    }
}

prop_compose! {
    fn any_database()(oid in 1..3_u32, conforms in any::<bool>(), ruined in prop::bool::weighted(0.1)) -> DatabaseState {
        DatabaseState { identity: DatabaseIdentity(oid), conforms: conforms && !ruined, ruined }
    }
}

prop_compose! {
    pub(super) fn any_world()(
        image in observed(prop_oneof![Just(pin('a')), Just(pin('b'))]),
        before in observed(Just(())),
        network in observed(Just(())),
        role in observed(any::<bool>().prop_map(|conforms| RoleState { conforms })),
        database in observed(any_database()),
        released in observed((prop_oneof![Just('a'), Just('b')], 1..3_u32).prop_map(|(image, oid)| ReleaseRecord { image: pin(image).id, database: DatabaseIdentity(oid), at: now(), earlier: Vec::new() })),
        dumps in observed(any_dumps()),
        restoration in mostly_absent(any_restoration()),
        release in observed(any_release()),
        serve in observed(any_serve('1')),
        successor in mostly_absent(any_serve('3')),
        strays in mostly_absent(Just(vec![container('4'), container('5')])),
        rejected in mostly_absent(any_rejection()),
        removal in mostly_absent(Just(())),
        route in observed((any_hash("route"), any_address()).prop_map(|(hash, target)| RouteState { hash, target })),
    ) -> World {
        World { image, before, network, role, database, released, dumps, restoration, release, serve, successor, strays, rejected, route, removal }
    }
}
