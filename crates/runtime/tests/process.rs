//! A whole process: start, leading, probes, SIGTERM, loss of the lease. The process is this test binary once more.

use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, Patch, PatchParams};
use runtime::flags::{CommonDefaults, CommonFlags, FlagSet};
use runtime::process::{Program, run};
use serde_json::{Value, json};
use std::error::Error;
use std::ffi::OsString;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use test_support::cluster::{Cluster, Namespace};

type Outcome = Result<(), Box<dyn Error>>;

const ARGUMENTS: &str = "TEST_CONTROLLER_ARGUMENTS";
const LEASE: &str = "test-controller-leader-election";

/// Not a test of its own: the controller that the tests below start.
#[test]
fn the_controller_that_other_tests_start() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    let mut set = FlagSet::new("test-controller");
    let finish = CommonFlags::define(&mut set, &CommonDefaults::default());
    set.parse(arguments.split(' ').map(OsString::from)).unwrap();
    let program = Program { name: "test-controller", version: "0.0.0", grace: Duration::from_secs(5) };
    let code = run(program, finish().unwrap(), async |process| {
        process.shutdown.cancelled().await;
        tracing::info!(logger = "test", "reconciles ended");
        Ok(())
    });
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS));
}

struct Controller {
    child: Child,
    health: String,
    metrics: String,
}

fn free_address() -> Result<String, std::io::Error> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

impl Controller {
    fn start(cluster: &Cluster, namespace: &Namespace) -> Result<Self, Box<dyn Error>> {
        let (health, metrics) = (free_address()?, free_address()?);
        let arguments = format!(
            "--health-addr={health} --metrics-addr={metrics} --enable-leader-election --leader-election-retry-period=200ms \
             --leader-election-renew-deadline=2s --leader-election-lease-duration=3s --watch-all-namespaces=false"
        );
        let child = Command::new(std::env::current_exe()?)
            .args(["--exact", "the_controller_that_other_tests_start", "--nocapture"])
            .env(ARGUMENTS, arguments)
            .env("KUBECONFIG", cluster.kubeconfig())
            .env("RUNTIME_NAMESPACE", namespace.name())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Self { child, health, metrics })
    }

    async fn until_leading(&self) -> Outcome {
        let deadline = Instant::now() + Duration::from_secs(60);
        let leads = format!("leader_election_master_status{{name=\"{LEASE}\"}} 1");
        while Instant::now() < deadline {
            if let Ok(answer) = reqwest::get(format!("http://{}/metrics", self.metrics)).await
                && answer.text().await?.contains(&leads)
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err("the controller does not lead".into())
    }

    /// Waits for the end and gives whether it was a good one, and the log.
    fn ended(self) -> Result<(bool, Vec<Value>), Box<dyn Error>> {
        let output = self.child.wait_with_output()?;
        let text = String::from_utf8(output.stderr)?;
        let lines = text.lines().filter(|line| line.starts_with('{')).map(serde_json::from_str).collect::<Result<_, _>>()?;
        Ok((output.status.success(), lines))
    }
}

fn messages(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["msg"].as_str()).collect()
}

#[tokio::test]
async fn sec_l34_sigterm_ends_the_work_and_frees_the_lease() -> Outcome {
    let Some(cluster) = Cluster::shared_if_at_hand().await? else { return Ok(()) };
    let namespace = cluster.namespace("process").await?;
    let controller = Controller::start(cluster, &namespace)?;
    controller.until_leading().await?;
    for path in ["healthz", "readyz"] {
        assert_eq!(reqwest::get(format!("http://{}/{path}", controller.health)).await?.text().await?, "ok");
    }
    let leases: Api<Lease> = Api::namespaced(cluster.client().await?, namespace.name());
    let holder = leases.get(LEASE).await?.spec.and_then(|spec| spec.holder_identity).unwrap_or_default();
    assert!(holder.contains('_'), "{holder}");

    assert!(Command::new("kill").args(["-TERM", &controller.child.id().to_string()]).status()?.success());
    let (good, lines) = controller.ended()?;
    let messages = messages(&lines);
    assert!(good, "{messages:?}");
    let order = ["became leader", "starting manager", "stopping", "reconciles ended", "released leader lease"];
    let places: Vec<_> = order.iter().map(|text| messages.iter().position(|message| message == text)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{messages:?}");
    let spec = leases.get(LEASE).await?.spec.unwrap_or_default();
    assert_eq!((spec.holder_identity.as_deref().unwrap_or_default(), spec.lease_duration_seconds), ("", Some(1)));
    Ok(())
}

#[tokio::test]
async fn sec_l3_a_process_that_lost_its_lease_ends_at_once_and_badly() -> Outcome {
    let Some(cluster) = Cluster::shared_if_at_hand().await? else { return Ok(()) };
    let namespace = cluster.namespace("lost").await?;
    let controller = Controller::start(cluster, &namespace)?;
    controller.until_leading().await?;
    let leases: Api<Lease> = Api::namespaced(cluster.client().await?, namespace.name());
    let other = Patch::Merge(json!({"spec": {"holderIdentity": "other", "leaseDurationSeconds": 3600}}));
    leases.patch(LEASE, &PatchParams::default(), &other).await?;
    let (good, lines) = controller.ended()?;
    let messages = messages(&lines);
    assert!(!good, "{messages:?}");
    assert!(messages.contains(&"failed to renew leader lease") && !messages.contains(&"reconciles ended"), "{messages:?}");
    let holder = leases.get(LEASE).await?.spec.and_then(|spec| spec.holder_identity);
    assert_eq!(holder.as_deref(), Some("other"));
    Ok(())
}
