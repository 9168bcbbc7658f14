use clap::CommandFactory;

use super::Cli;

/// What people read, so that a change of it is seen in a review.
#[test]
fn help() {
    let mut command = Cli::command();
    command.build();
    let mut text = String::new();
    collect(&mut command, &mut text);
    insta::assert_snapshot!(text);
}

fn collect(command: &mut clap::Command, text: &mut String) {
    *text += &format!("{}\n\n", command.clone().term_width(100).render_long_help());
    for sub in command.get_subcommands_mut() {
        *text += &"=".repeat(100);
        *text += "\n";
        collect(sub, text);
    }
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}
