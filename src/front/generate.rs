//! `tenpu generate`, for those who package tenpu: manual pages and completions, made of the definitions of the
//! command line, so that they cannot tell of another program.

use super::{Cli, Status};
use clap::CommandFactory;
use clap_complete::Shell;
use std::path::PathBuf;

/// Arguments of `tenpu generate`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// What to make.
    #[arg(value_enum)]
    what: What,
    /// The folder to write it to; it is made if it is not there.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum What {
    /// A manual page for each subcommand.
    Man,
    /// For bash, zsh and fish.
    Completions,
}

/// Writes the files.
pub(super) fn run(args: &Args) -> anyhow::Result<Status> {
    std::fs::create_dir_all(&args.to)?;
    let mut command = Cli::command();
    match args.what {
        What::Man => clap_mangen::generate_to(command, &args.to)?,
        What::Completions => {
            for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
                clap_complete::generate_to(shell, &mut command, "tenpu", &args.to)?;
            }
        }
    }
    Ok(Status::Quiet)
}
