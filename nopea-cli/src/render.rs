//! `nopea render`: the manifests of a commit as they are written, without a cluster.

use std::sync::Arc;

use nopea_core::{
    fault::{Code, Fault},
    model::{Rendered, Spec, Timestamp},
    port::{
        GitSource as _, Location, Open, Render, Renderer as _, Rendering, Resolve, SourceError,
        Stop,
    },
};
use nopea_render::ManifestRenderer;

use crate::{
    args::{RenderArguments, RenderFormat},
    command::Failure,
    exit::Exit,
    fault::Severity,
    output::Output,
    reference, show, wire,
    yaml::yaml,
};

/// Renders and prints.
pub(crate) async fn render(arguments: &RenderArguments, output: &Output) -> Result<Exit, Failure> {
    let spec = Arc::new(reference::source(&arguments.source)?);
    let rendering = rendered(arguments, spec);
    let result = tokio::select! {
        result = rendering => result?,
        _pressed = tokio::signal::ctrl_c() => return Ok(Exit::Interrupted),
    };
    match result {
        Ok(rendered) => {
            show::faults(output, &rendered.warnings, Severity::Warning);
            print(&rendered, arguments.output, output)?;
            Ok(Exit::Done)
        }
        Err(faults) => {
            show::faults(output, &faults, Severity::Error);
            Ok(Exit::of_faults(&faults))
        }
    }
}

async fn rendered(
    arguments: &RenderArguments,
    spec: Arc<Spec>,
) -> anyhow::Result<Result<Rendered, Vec<Fault>>> {
    let (git, _mirrors) = wire::git(&arguments.source)?;
    let location = Location { url: spec.url.clone(), reference: spec.reference.clone() };
    let asked = Resolve { location: location.clone(), not_before: Timestamp::default() };
    let opened = async {
        let commit = git.resolve(&asked).await?.commit;
        git.open(&Open { location, commit }).await
    };
    let tree = match opened.await {
        Ok(tree) => tree,
        Err(error) => return Ok(Err(vec![SourceError::fault(&error)])),
    };
    let renderer = ManifestRenderer::new(reference::limits(&arguments.source.limits));
    let request = Render { tree, spec, known: None, stop: Stop::default() };
    let rendering = tokio::task::spawn_blocking(move || renderer.render(&request)).await?;
    Ok(rendering.and_then(|rendering| match rendering {
        Rendering::Fresh(fresh) => Ok(fresh),
        // nothing is known, so nothing can be unchanged
        Rendering::Unchanged => {
            Err(vec![Fault::new(Code::RenderInterrupted, "the render gave no manifests")])
        }
    }))
}

fn print(rendered: &Rendered, format: RenderFormat, output: &Output) -> anyhow::Result<()> {
    for manifest in &rendered.manifests {
        match format {
            RenderFormat::Yaml => {
                let at = &manifest.origin;
                let body = yaml(&manifest.body);
                output.result(format!("---\n# {}:{}\n{}", at.file, at.line, body.trim_end()));
            }
            RenderFormat::Json => output.result(serde_json::to_string(&*manifest.body)?),
        }
    }
    Ok(())
}
