//! The store's conformance suite: what every backend must do, said once, and what is special
//! to `SQLite`. The functions take a [`world::World`], so that another backend can run them too.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod audit;
mod backup;
mod batches;
mod callbacks;
mod compat;
mod damage;
mod durability;
mod inbox;
mod panics;
mod people;
mod prompts;
mod retention;
mod submit;
mod transition;
mod world;

/// Runs each function as a test, in a world of its own.
macro_rules! conformance {
    ($($module:ident :: { $($name:ident),+ $(,)? })+) => { $(
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    crate::$module::$name(crate::world::World::new()).await;
                }
            )+
        }
    )+ };
}

mod sqlite {
    conformance! {
        submit::{
            a_submission_is_durable_and_reads_back_the_same,
            the_same_body_is_a_replay_and_another_a_conflict,
            a_project_has_at_most_max_pending_requests,
            a_request_that_reaches_nobody_fails_at_once_with_its_callback,
            sixty_four_submissions_of_one_name_make_one_request,
            lists_are_newest_first_filtered_and_paged,
        }
        compat::{
            a_name_is_taken_only_while_it_is_pending_at_its_endpoint,
            of_sixty_four_of_one_name_one_is_taken_in,
            the_dialect_is_kept_and_rendered,
            an_attempt_whose_end_nobody_knows_is_remembered,
            a_requester_that_no_longer_waits_is_told_from_one_that_is_away,
            a_pruned_one_leaves_nothing_of_its_texts,
        }
        transition::{
            of_sixty_four_responses_one_decides,
            a_repeated_event_gets_its_first_answer,
            a_refusal_is_audited_though_nothing_changed,
            refusals_are_recorded_ten_times_an_actor_and_the_tenth_says_so,
            deadlines_pass_the_most_overdue_first,
            a_deadline_beats_a_response_that_is_committed_later,
            a_reminder_comes_once,
            nobody_is_no_request,
            a_failing_command_harms_no_other,
        }
        prompts::{
            a_new_prompt_is_leased_shown_and_closed,
            one_prompt_a_place_and_none_in_a_busy_one,
            a_new_card_goes_before_a_closing_before_a_notice,
            an_ended_request_that_nobody_saw_is_not_shown,
            a_failure_before_any_show_fails_the_request_and_one_after_it_does_not,
            a_released_prompt_keeps_its_age_and_a_retry_waits,
            an_adopted_place_is_shown_too,
            a_lost_lease_comes_back,
            a_hundred_thousand_prompts_in_one_place_cost_nothing,
        }
        callbacks::{
            a_decision_brings_one_callback_that_stays_the_same,
            a_retry_is_counted_and_audited_and_a_death_shown,
            a_dead_callback_is_sent_again_from_the_start,
            dead_receivers_starve_nobody,
        }
        audit::{
            an_untouched_audit_is_intact,
            sealing_goes_on_where_it_stopped,
            changed_content_is_found,
            a_deleted_event_is_found,
            an_inserted_event_is_found,
            swapped_events_are_found,
            a_changed_seal_is_found,
            a_missing_seal_is_found,
            a_missing_request_is_found,
            a_changed_status_is_found,
            streams_and_exports_follow_the_seals,
        }
        inbox::{
            an_update_is_kept_once_and_handled_in_order,
            conversations_lapse_and_values_stay,
            a_lease_by_name_has_one_holder,
        }
        retention::{
            what_an_old_request_said_is_deleted_and_its_audit_stays,
            the_name_of_a_pruned_request_stays_taken,
            what_is_under_way_is_not_pruned,
            pruning_goes_on_where_it_stopped_and_lists_hold_no_tombstones,
            a_cursor_that_was_pruned_goes_on,
            the_check_tells_pruning_from_tampering,
            a_lapsed_conversation_is_forgotten,
        }
        people::{
            an_invitation_pairs_once,
            a_person_is_one_approver,
            keys_have_one_name_each,
        }
        backup::{
            a_backup_is_of_one_moment_and_starts_as_it_is,
            a_backup_never_overwrites_and_leaves_nothing_half,
            a_newer_database_is_copied_as_it_is_and_an_older_one_not_migrated,
        }
        damage::{
            a_damaged_file_is_refused_and_left_as_it_is,
            an_emptied_file_is_not_taken_for_a_new_one,
            damage_met_while_reading_stops_the_store,
            damage_met_while_writing_undoes_the_batch_and_stops_the_store,
            the_database_of_another_program_is_left_alone,
            a_newer_database_can_be_read_when_it_says_so,
            reading_alone_makes_nothing_and_migrates_nothing,
            a_database_whose_making_was_interrupted_is_made_anew,
            a_database_is_not_migrated_under_a_running_service,
        }
        durability::{
            everything_is_there_after_reopening,
            a_newer_database_is_refused,
            a_database_of_the_first_version_is_brought_up_to_date,
            two_services_are_refused_and_leases_come_back,
            whether_a_prompt_was_shown_is_asked_when_its_worker_is_gone,
            a_failed_commit_stops_the_store,
            a_panic_in_the_writer_stops_the_store,
            a_full_disk_fails_commands_and_passes,
            a_clock_set_back_over_a_restart_does_not_make_callbacks_wait,
            another_process_is_noticed,
            signals_come_after_the_commit,
        }
    }
}
