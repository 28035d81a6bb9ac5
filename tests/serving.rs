//! The HTTP server against well-behaved and hostile clients: every case runs over io_uring and over epoll.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its client and rig too"
)]

#[path = "serving/client.rs"]
mod client;
#[path = "serving/hostile.rs"]
mod hostile;
#[path = "serving/limits.rs"]
mod limits;
#[path = "serving/plain.rs"]
mod plain;
#[path = "serving/rig.rs"]
mod rig;
#[path = "serving/streams.rs"]
mod streams;

/// One test per case and transport. Where the kernel refuses io_uring, its tests say so and check nothing.
macro_rules! on_both_transports {
    ($($room:ident :: $case:ident),+ $(,)?) => {
        mod over_io_uring {
            $(#[test] fn $case() {
                if crate::rig::io_uring_works() {
                    crate::$room::$case(hearth::config::Transport::IoUring);
                }
            })+
        }
        mod over_epoll {
            $(#[test] fn $case() { crate::$room::$case(hearth::config::Transport::Epoll); })+
        }
    };
}

on_both_transports! {
    plain::a_connection_serves_many_requests,
    plain::a_hundred_pipelined_requests_are_answered_in_order,
    plain::head_is_get_without_its_body,
    plain::a_large_body_arrives_whole,
    plain::a_half_closed_client_still_gets_its_answer,
    plain::the_unix_socket_serves_at_full_rate_under_any_name_and_goes_at_the_end,
    plain::foreign_missing_and_repeated_hosts_are_refused,
    plain::new_rules_hold_for_new_connections,
    plain::an_idle_connection_ends_when_the_server_stops,
    hostile::a_slow_head_is_cut_off_while_others_are_served,
    hostile::a_head_that_drips_is_cut_off_all_the_same,
    hostile::a_ten_megabyte_header_is_refused,
    hostile::a_thousand_idle_sockets_take_their_places_and_no_more,
    hostile::a_reset_in_the_body_ends_its_source,
    hostile::a_body_on_get_is_refused_and_the_connection_closed,
    hostile::nonsense_is_a_bad_request,
    limits::one_address_gets_its_share_of_connections,
    limits::too_many_requests_are_told_when_to_come_back,
    limits::a_head_may_be_as_long_as_configured_and_no_longer,
    limits::a_silent_connection_is_closed,
    limits::a_connection_without_further_requests_is_closed,
    limits::streams_have_a_number_of_places,
    streams::a_source_is_asked_only_when_the_client_reads,
    streams::a_client_that_never_reads_is_cut_off,
    streams::a_stream_ends_properly_when_the_server_stops,
    streams::a_stop_does_not_wait_for_a_client_that_does_not_read,
}
