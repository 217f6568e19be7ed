//! What a command says when the service did not do what it was asked, and the exit code of that.

use signoff_client::Error;

use crate::exit::Exit;
use crate::output;

/// Says it on stderr, with everything that is wrong and what to do, and gives the exit code.
pub(crate) fn report(error: &Error) -> Exit {
    if let Some(problem) = error.problem() {
        output::error(output::clean(&problem.detail));
        for error in problem.errors.iter().filter(|_| problem.errors.len() > 1) {
            output::say(output::clean(&format!("  {error}")));
        }
        output::say(problem.code.remedy());
    } else {
        let causes =
            std::iter::successors(std::error::Error::source(error), |cause| cause.source());
        let causes: Vec<String> = causes.map(|cause| format!(": {cause}")).collect();
        output::error(format_args!("{error}{}", causes.concat()));
    }
    match error {
        Error::Refused(_) if !error.is_passing() => Exit::InvalidInput,
        _ => Exit::Unreachable,
    }
}
