//! `nopea sync` and `nopea plan`: one attempt of the engine, on the embedded cluster or a real one.

use nopea_core::model::{Intent, Orders, Reference, Spec};

use crate::{
    args::{ClusterArguments, Format, PlanArguments, SourceArguments, SyncArguments},
    attempt::first,
    command::Failure,
    exit::Exit,
    output::{Output, plain},
    progress::Progress,
    reference, show,
    target::Choice,
    watch,
    wire::{Session, Setup},
};

/// Syncs.
pub(crate) async fn sync(arguments: &SyncArguments, output: &Output) -> Result<Exit, Failure> {
    let SyncArguments { source, cluster, wait, watch: follows, interval } = arguments;
    let mut setup = setup(source, cluster, Intent::Sync, output).await?;
    setup.spec.wait = *wait;
    if *follows {
        setup.spec.interval = *interval;
    }
    let session = Session::start(source, setup)?;
    if *follows {
        return Ok(watch::watch(session, cluster.output, output).await);
    }
    Ok(once(session, cluster.output, output).await)
}

/// Plans.
pub(crate) async fn plan(arguments: &PlanArguments, output: &Output) -> Result<Exit, Failure> {
    let PlanArguments { source, cluster } = arguments;
    let setup = setup(source, cluster, Intent::Plan, output).await?;
    let session = Session::start(source, setup)?;
    Ok(once(session, cluster.output, output).await)
}

/// Settles what is meant, says so, and reaches the cluster.
async fn setup(
    source: &SourceArguments,
    cluster: &ClusterArguments,
    intent: Intent,
    output: &Output,
) -> Result<Setup, Failure> {
    let approved_prune = reference::approved(cluster)?;
    let choice = Choice::of(cluster).await?;
    let namespace = cluster.target_namespace.as_deref().unwrap_or_else(|| choice.namespace());
    let key = reference::key(&source.source, cluster, choice.home(namespace))?;
    let spec = reference::spec(source, cluster, namespace)?;
    head(output, cluster.output, &choice.to_string(), &spec);
    let target = choice.reach(&key, intent).await?;
    let orders = Orders { approved_prune, intent, ..Orders::default() };
    Ok(Setup { key, spec, orders, target })
}

/// Says which cluster, and which source.
fn head(output: &Output, format: Format, cluster: &str, spec: &Spec) {
    let reference = match &spec.reference {
        Reference::Head => String::new(),
        named @ (Reference::Branch(_)
        | Reference::Tag(_)
        | Reference::Semver(_)
        | Reference::Commit(_)
        | Reference::Ref(_)) => format!(" ({named})"),
    };
    let path = match spec.path.as_str() {
        "" => String::new(),
        path => format!(", path {path}"),
    };
    let source = plain(&format!("{}{reference}{path}", spec.url));
    let text = format!("cluster: {}\nsource:  {source}\n", plain(cluster));
    match format {
        Format::Table => output.result(text),
        Format::Json | Format::Yaml => output.note(text.trim_end()),
    }
}

async fn once(mut session: Session, format: Format, output: &Output) -> Exit {
    let progress = Progress::new(output, format);
    let outcome = tokio::select! {
        outcome = first(&mut session, &progress) => Some(outcome),
        _pressed = tokio::signal::ctrl_c() => None,
    };
    progress.done();
    session.end().await;
    let Some(outcome) = outcome else {
        output.note("interrupted");
        return Exit::Interrupted;
    };
    show::outcome(output, format, &session.declared.key, &outcome);
    outcome.exit()
}
