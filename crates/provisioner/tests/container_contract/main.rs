//! One contract, two engines: every case runs against the fake and against a real Docker engine.
//!
//! The real one needs a Docker engine on its usual socket, `docker`, a static `busybox` and `docker-registry` (Debian:
//! `docker.io busybox-static docker-registry`); nothing is pulled. Each test has its own platform, network and image,
//! and removes them at its end, a failed one's too.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod cases;
mod fake;
mod program;
mod real;

/// Runs each case against both engines.
macro_rules! contract {
    ($($module:ident: $($case:ident),+;)+) => {
        mod on_fake {
            $(mod $module {
                $(#[tokio::test]
                async fn $case() {
                    crate::cases::$module::$case(&crate::bench::Bench::fake()).await;
                })+
            })+
        }

        mod on_docker {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    crate::cases::$module::$case(&crate::bench::Bench::docker().await).await;
                })+
            })+
        }
    };
}

contract! {
    images: are_found_by_reference_and_by_id, are_not_found_in_a_registry_that_lacks_them,
        tell_what_they_give_to_containers, hand_out_files_without_being_run, are_left_no_readers_that_died, of_our_own_are_made_once_and_removed_when_superseded;
    network: is_made_once, that_differs_is_a_conflict, of_somebody_else_is_not_ours, with_a_wrong_spec_is_refused,
        is_one_however_many_make_it, tells_who_runs_in_it;
    containers: are_made_once_and_only_of_what_is_there, live_from_start_to_removal, resume_when_paused,
        take_another_name, are_restarted_by_whom_one_says, are_held_to_their_limits_again,
        that_cannot_start_say_why, whose_network_is_gone_are_refused_and_not_taken_for_gone, are_listed_by_platform,
        in_another_network_say_so, of_somebody_else_have_no_owner;
    ends: are_told_with_their_code, by_sigterm_are_the_apps_own, that_ignore_sigterm_are_killed, for_want_of_memory_say_so,
        of_a_server_are_followed_by_a_restart, are_waited_for_only_where_they_can_come;
    log: holds_both_streams_in_order, is_cut_to_its_limits, is_read_with_streams_and_times, is_read_on_from_a_time, is_read_from_its_end,
        is_followed_until_the_container_ends, of_a_container_that_is_gone_is_an_error;
    usage: counts_up_while_it_runs, of_one_that_does_not_run_is_none;
    events: tell_of_our_containers_only;
}
