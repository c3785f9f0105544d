//! A shell that outlives this process by a moment, to kill the children it left behind.
//!
//! It reads lines from a pipe whose other end only this process holds. However this process ends, SIGKILL included, the pipe closes:
//! then the shell kills the processes and removes the directories that it was told of and not told to forget.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

const SCRIPT: &str = r#"
trap '' INT TERM HUP
processes=; directories=
while read -r verb operand; do
  case $verb in
  watch) processes="$processes $operand" ;;
  unwatch) kept=; for one in $processes; do [ "$one" = "$operand" ] || kept="$kept $one"; done; processes=$kept ;;
  remove) directories="$directories $operand" ;;
  esac
done
[ -z "$processes" ] || kill -s KILL $processes 2>/dev/null
for one in $directories; do
  # A dying process may still write; try until it is gone.
  for attempt in 1 2 3 4 5; do rm -rf "$one" 2>/dev/null && break; sleep 0.2; done
done
"#;

struct Watchdog {
    pipe: ChildStdin,
    // Kept so that the process is not waited for: it ends after us.
    _child: Child,
}

static WATCHDOG: Mutex<Option<Watchdog>> = Mutex::new(None);

/// Has the process killed when this one ends.
pub(super) fn watch(id: u32) -> std::io::Result<()> {
    tell(&format!("watch {id}"))
}

/// The process has ended; its id may be used again.
pub(super) fn unwatch(id: u32) {
    let _ = tell(&format!("unwatch {id}"));
}

/// Has a directory removed when this process ends in any way. It must have no blanks in its path, as temporary ones have none.
pub fn remove_when_killed(directory: &Path) -> std::io::Result<()> {
    tell(&format!("remove {}", directory.display()))
}

fn tell(line: &str) -> std::io::Result<()> {
    let mut slot = WATCHDOG.lock().unwrap_or_else(PoisonError::into_inner);
    let watchdog = match slot.take() {
        Some(watchdog) => slot.insert(watchdog),
        None => slot.insert(start()?),
    };
    writeln!(watchdog.pipe, "{line}")
}

fn start() -> std::io::Result<Watchdog> {
    // A process group of its own, so that what kills the group of the test spares the one that has to tidy up.
    let mut child = Command::new("sh")
        .args(["-c", SCRIPT])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let pipe = child.stdin.take().ok_or_else(|| std::io::Error::other("the watchdog has no standard input"))?;
    Ok(Watchdog { pipe, _child: child })
}
