//! Renders charts on request with our engine and nothing else, so that what it costs can be measured: what comparisons with Helm start.

fn main() -> anyhow::Result<()> {
    e2e::helm::serve()
}
