//! `nopea sync` and `nopea plan`: one attempt of the engine on the embedded cluster.

use nopea_core::{
    fault::Fault,
    model::{Intent, Orders, Reference, Spec},
};
use nopea_memory::Strictness;

use crate::{
    args::{ClusterArguments, Format, PlanArguments, SourceArguments, SyncArguments},
    attempt::first,
    command::Failure,
    exit::Exit,
    output::{Output, plain},
    progress::Progress,
    reference, show, watch,
    wire::{EMBEDDED, Session, Setup},
};

/// Syncs.
pub(crate) async fn sync(arguments: &SyncArguments, output: &Output) -> Result<Exit, Failure> {
    let SyncArguments { source, cluster, wait, watch: follows, interval } = arguments;
    let mut setup = setup(source, cluster, Intent::Sync)?;
    setup.spec.wait = *wait;
    if *follows {
        setup.spec.interval = *interval;
    }
    head(output, cluster.output, &setup.spec);
    let session = Session::start(source, setup)?;
    if *follows {
        return Ok(watch::watch(session, cluster.output, output).await);
    }
    Ok(once(session, cluster.output, output).await)
}

/// Plans.
pub(crate) async fn plan(arguments: &PlanArguments, output: &Output) -> Result<Exit, Failure> {
    let PlanArguments { source, cluster } = arguments;
    let setup = setup(source, cluster, Intent::Plan)?;
    head(output, cluster.output, &setup.spec);
    let session = Session::start(source, setup)?;
    Ok(once(session, cluster.output, output).await)
}

fn setup(
    source: &SourceArguments,
    cluster: &ClusterArguments,
    intent: Intent,
) -> Result<Setup, Fault> {
    let approved_prune = reference::approved(cluster)?;
    Ok(Setup {
        key: reference::key(&source.source, cluster)?,
        spec: reference::spec(source, cluster)?,
        orders: Orders { approved_prune, intent, ..Orders::default() },
        strictness: if cluster.strict { Strictness::Strict } else { Strictness::Lenient },
    })
}

/// Says which cluster, and which source.
fn head(output: &Output, format: Format, spec: &Spec) {
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
    let text = format!("cluster: {EMBEDDED}\nsource:  {source}\n");
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
