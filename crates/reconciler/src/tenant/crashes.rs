//! What a history says of an app that ended by itself.

use domain::tenant::{ContainerState, World};
use serde_json::{Value, json};
use storage::NewEvent;

/// How the app has ended, while it is not back or is held back; null: it has not.
pub(super) fn ended(world: &World) -> Value {
    let Some(serve) = world.serve.present().filter(|serve| serve.owned) else { return Value::Null };
    match &serve.state {
        ContainerState::Restarting { exit_code, oom_killed } => told(*exit_code, *oom_killed),
        ContainerState::Exited { exit_code, oom_killed, .. } if serve.crashes.held => told(*exit_code, *oom_killed),
        ContainerState::Created
        | ContainerState::Running { .. }
        | ContainerState::Exited { .. }
        | ContainerState::Paused
        | ContainerState::Dead => Value::Null,
    }
}

fn told(exit_code: i64, oom_killed: bool) -> Value {
    json!({ "exit_code": exit_code, "oom_killed": oom_killed })
}

/// A line for ends that nobody saw, since the engine had started it again before the next look.
pub(super) fn missed(before: &World, now: &World) -> Option<NewEvent> {
    let (before, now) = (before.serve.present()?, now.serve.present()?);
    let count = now.crashes.restarts.saturating_sub(before.crashes.restarts);
    if before.id != now.id || !now.owned || count == 0 {
        return None;
    }
    let times = if count == 1 { String::new() } else { format!(", {count} times") };
    Some(NewEvent {
        kind: "crashed",
        message: format!("The application ended by itself, and was started again{times}"),
        data: json!({ "restarts": count }),
    })
}

#[cfg(test)]
mod tests {
    use domain::tenant::{ContainerId, Crashes, Observed, ServeContainer, SpecHash};

    use super::*;

    fn with(digit: char, restarts: u32, state: ContainerState) -> World {
        let serve = ServeContainer {
            id: ContainerId::parse(&digit.to_string().repeat(64)).unwrap(),
            owned: true,
            hash: SpecHash::from_label("a"),
            version: None,
            state,
            elsewhere: false,
            conforms: true,
            ready: true,
            unfit: None,
            led_to: false,
            crashes: Crashes { restarts, ..Crashes::default() },
        };
        World { serve: Observed::Present(serve), ..World::default() }
    }

    fn running(digit: char, restarts: u32) -> World {
        with(digit, restarts, ContainerState::Paused)
    }

    #[test]
    fn an_end_between_two_looks_is_told_once_with_its_number() {
        let told = |before: &World, now: &World| missed(before, now).map(|event| (event.kind, event.data));
        assert_eq!(told(&running('a', 1), &running('a', 3)), Some(("crashed", json!({ "restarts": 2 }))));
        assert_eq!(told(&running('a', 3), &running('a', 3)), None);
        assert_eq!(told(&running('a', 3), &running('a', 0)), None);
        assert_eq!(told(&running('b', 0), &running('a', 2)), None, "another container counts anew");
        assert_eq!(told(&World::default(), &running('a', 2)), None);
    }

    #[test]
    fn how_it_ended_is_told_while_it_is_not_back() {
        let restarting = ContainerState::Restarting { exit_code: 137, oom_killed: true };
        assert_eq!(ended(&with('a', 1, restarting)), json!({ "exit_code": 137, "oom_killed": true }));
        assert_eq!(ended(&running('a', 1)), Value::Null);
        assert_eq!(ended(&World::default()), Value::Null);
    }
}
