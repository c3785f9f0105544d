//! The demo is what README promises first, so it is a scenario too.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_step_of_the_demo_happens() -> anyhow::Result<()> {
    if !e2e::world::at_hand()? {
        return Ok(());
    }
    e2e::demo::run(&e2e::demo::Arguments::default()).await
}
