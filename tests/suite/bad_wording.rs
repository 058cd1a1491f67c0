//! What users read of bad input, all in one place, so that the wording can be reviewed.

use nopea_core::{
    fault::Fault,
    model::{Commit, Reference, TreePath},
};
use nopea_git::testing::Behaviour;

use crate::{
    bad::{
        scene::{Scene, tree},
        told,
    },
    bad_cluster::{REFUSED, argo, flux, helm, take},
    bad_manifest::MANIFESTS,
    bad_source::Shop,
    bad_tree::TREES,
};

async fn refusal(scene: &Scene, name: &str) -> String {
    told(name, &scene.sync().await.expect_err(name))
}

#[tokio::test(start_paused = true)]
async fn bad_manifests_say_what_and_where_and_the_way_out() {
    let scene = Scene::in_memory().await;
    let mut text = String::new();
    for (name, content) in MANIFESTS {
        scene.commit(tree("bad").file("shop/bad.yaml", content()));
        text += &refusal(&scene, &name.replace('_', " ")).await;
    }
    insta::assert_snapshot!(text, @r#"
    a file that is not utf 8
      M004 shop/bad.yaml:4:12: the file is not UTF-8 from here on
        = save it as UTF-8
    a tab as indentation
      M005 shop/bad.yaml:4:2: a tab stands where YAML wants spaces
        = indent with spaces instead of tabs
    a duplicate key
      M006 shop/bad.yaml:6:3: the key "k" stands twice in one map, first at 5:3
        = remove one of the two
    an alias bomb
      M009 shop/bad.yaml:8:12: aliases make the file more than 10 times as large
        = write the repeated parts out, or use fewer aliases
    ten thousand levels
      M008 shop/bad.yaml:3:519: the document is nested deeper than 128 levels
        = flatten it
    a document without a kind
      M010 shop/bad.yaml:1:1: kind is missing
        = add the field; list files that are no manifests in .nopeaignore
    a document without a name
      M010 shop/bad.yaml:3:1: metadata.name is missing
        = add the field; list files that are no manifests in .nopeaignore
    a document without an api version
      M010 shop/bad.yaml:1:1: apiVersion is missing
        = add the field; list files that are no manifests in .nopeaignore
    the same object twice
      M013 shop/bad.yaml:5:1 ConfigMap shop/a: it is written at shop/bad.yaml:1:1 and again at shop/bad.yaml:5:1
        = remove one of the two
    a namespace on a cluster scoped kind
      M014 shop/bad.yaml:1:1 Namespace shop/a: Namespace is cluster-scoped, but namespace "shop" is set
        = remove metadata.namespace
    an invalid name
      M015 shop/bad.yaml:1:1 ConfigMap shop/Web_1: metadata.name "Web_1" must be at most 253 lower-case letters, digits, '-' and '.', and begin and end with a letter or digit
        = use lower-case letters, digits, '-' and '.', within the length that the message says
    an invalid label
      M015 shop/bad.yaml:1:1 ConfigMap shop/a: metadata.labels "tier": value "front end" must be at most 63 letters, digits, '-', '_' and '.', and begin and end with a letter or digit
        = use letters, digits, '-', '_' and '.'; a free text can be the value of an annotation
    a manifest that is an lfs pointer
      M017 shop/bad.yaml:1:1: the file is a Git LFS pointer, not the manifest itself
        = store manifests in Git itself: `git lfs untrack`
    every fault of a render comes in one answer
      M010 shop/bad.yaml:1:1: apiVersion is missing
        = add the field; list files that are no manifests in .nopeaignore
      M006 shop/bad.yaml:6:21: the key "name" stands twice in one map, first at 6:12
        = remove one of the two
      M005 shop/bad.yaml:9:7: a `[` or `{` is never closed
        = close it, or quote the text if it begins with `[` or `{`
    every fault of a set comes in one answer
      M015 shop/bad.yaml:1:1 ConfigMap shop/A: metadata.labels "a b": the key must be at most 63 letters, digits, '-', '_' and '.', and begin and end with a letter or digit; one prefix and '/' may stand before it
        = use letters, digits, '-', '_' and '.'; a free text can be the value of an annotation
      M015 shop/bad.yaml:1:1 ConfigMap shop/A: metadata.name "A" must be at most 253 lower-case letters, digits, '-' and '.', and begin and end with a letter or digit
        = use lower-case letters, digits, '-' and '.', within the length that the message says
      M014 shop/bad.yaml:5:1 Namespace b/a: Namespace is cluster-scoped, but namespace "b" is set
        = remove metadata.namespace
    "#);
}

#[tokio::test(start_paused = true)]
async fn bad_trees_say_what_and_where_and_the_way_out() {
    let scene = Scene::in_memory().await;
    let mut text = String::new();
    for (name, tree) in TREES {
        scene.commit(tree());
        text += &refusal(&scene, name).await;
    }
    insta::assert_snapshot!(text, @r#"
    a folder without the path
      M001: the path "shop" does not exist in the commit
        = correct `path`, or commit the folder
    a path that is a README
      M001: the path "shop" is a file, but no .yaml, .yml or .json
        = point `path` at a folder or at a manifest
    a link out
      M002 shop/bad.yaml:1:1: the symbolic link cannot be followed: it leads out of the repository
        = keep paths and links inside the repository
    an absolute link
      M002 shop/bad.yaml:1:1: the symbolic link cannot be followed: a link leads to an absolute path
        = keep paths and links inside the repository
    a chain of links
      M003 shop/bad.yaml:1:1: the symbolic link cannot be followed: it leads in a circle, or through more than 40 symbolic links
        = replace the link by what it should show
    a loop of links
      M003 shop/a.yaml:1:1: the symbolic link cannot be followed: it leads in a circle, or through more than 40 symbolic links
        = replace the link by what it should show
      M003 shop/b.yaml:1:1: the symbolic link cannot be followed: it leads in a circle, or through more than 40 symbolic links
        = replace the link by what it should show
    a folder in itself
      M003 shop/again:1:1: the symbolic link leads to a folder that it stands in
        = replace the link by what it should show
    a link to nothing
      M001 shop/bad.yaml:1:1: the symbolic link leads to "shop/gone.yaml", which does not exist
        = commit what it leads to, or remove the link
    a kustomize build
      M016 shop/prod/kustomization.yaml:1:1: this folder is a kustomize build; native kustomize comes with a later version
        = commit the output of `kubectl kustomize`, or point `path` at plain manifests
    "#);
}

#[tokio::test(start_paused = true)]
async fn refusals_of_a_cluster_say_what_and_where_and_the_way_out() {
    let scene = Scene::in_memory().await;
    take(&scene, "flux", &flux());
    take(&scene, "argo", &argo("argo"));
    take(&scene, "helm", &helm());
    let mut text = String::new();
    for (name, tree) in REFUSED {
        scene.commit(tree());
        text += &refusal(&scene, name).await;
    }
    if let Some(digest) = scene.status().pending_prune {
        text = text.replace(&digest.to_string(), "<digest>");
    }
    insta::assert_snapshot!(text, @r#"
    a kind that nobody defined
      K003 shop/bad.yaml:1:1 Widget.example.org a: neither the cluster nor the commit has the kind Widget.example.org (example.org/v1)
        = install its CustomResourceDefinition, or add it to the same commit
    a version that is not served
      K003 shop/bad.yaml:1:1 Deployment.apps shop/a: Deployment is not served in apps/v1beta1, but in apps/v1
        = write apiVersion: apps/v1
    a namespace that is missing
      K004 shop/bad.yaml:1:1 ConfigMap nowhere/a: namespace "nowhere" does not exist
        = create it, or add it to the same commit
    an immutable field
      K008 shop/web.yaml:1:1 Deployment.apps shop/web: spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable
        = change it back, rename the object, or set nopea.io/replace: "true" to have it deleted and created anew
    unknown fields
      K006 shop/bad.yaml:1:1 ConfigMap shop/a: dta: field not declared in schema
        = correct the field; `kubectl explain` lists the right ones
      K006 shop/bad.yaml:1:1 ConfigMap shop/a: imutable: field not declared in schema
        = correct the field; `kubectl explain` lists the right ones
      K006 shop/bad.yaml:7:1 Service shop/a: spec.ports[port=80,protocol="TCP"].targetport: field not declared in schema
        = correct the field; `kubectl explain` lists the right ones
      K006 shop/bad.yaml:7:1 Service shop/a: spec.selectr: field not declared in schema
        = correct the field; `kubectl explain` lists the right ones
    a value out of range
      K007 shop/bad.yaml:1:1 Service shop/a: spec.ports[0].port: Invalid value: 80000: must be between 1 and 65535, inclusive
        = correct the fields that the message names
    an object of Flux
      K011 shop/bad.yaml:1:1 ConfigMap shop/flux: it belongs to Flux Kustomization flux-system/apps
        = remove it there, or set nopea.io/adopt: "true" on the manifest to take it over
    an object of Argo CD
      K011 shop/bad.yaml:1:1 ConfigMap shop/argo: it belongs to Argo CD Application shop
        = remove it there, or set nopea.io/adopt: "true" on the manifest to take it over
    an object of Helm
      K011 shop/bad.yaml:1:1 ConfigMap shop/helm: it belongs to Helm release shop/web
        = remove it there, or set nopea.io/adopt: "true" on the manifest to take it over
    an object of another GitRepository
      K011 shop/bad.yaml:1:1 ConfigMap shop/neighbour: it belongs to GitRepository shop/neighbour
        = remove it there, or set nopea.io/adopt: "true" on the manifest to take it over
    an empty render
      M022: held, as the render is empty; 2 objects would be deleted: ConfigMap shop/settings, Deployment.apps shop/web
        = put the manifests back; or let exactly this list through with the annotation nopea.io/approve-prune: <digest> on the GitRepository, or with `nopea sync ... --approve <digest>`
    "#);
}

#[tokio::test]
async fn bad_sources_say_what_and_the_way_out() {
    let mut shop = Shop::open().await;
    shop.repository.git(&["init", "-q", "../empty"]);
    let mut text = String::new();
    for reference in [
        Reference::Branch("mian".into()),
        Reference::Branch("4b825dc".into()),
        Reference::Tag("v9.9.9".into()),
        Reference::Semver(">=2".into()),
        Reference::Semver("latest".into()),
        Reference::Commit(Commit::parse(&"5".repeat(40)).unwrap()),
        Reference::Ref("refs/pull/1/head".into()),
    ] {
        let name = reference.to_string();
        shop.scene.edit(|spec| spec.reference = reference);
        text += &refusal(&shop.scene, &name).await;
    }
    shop.scene.edit(|spec| spec.reference = Reference::Head);
    for behaviour in
        [Behaviour::Status(404), Behaviour::Status(401), Behaviour::Status(503), Behaviour::Garbage]
    {
        let name = format!("{behaviour:?}");
        shop.server.behave(behaviour);
        text += &refusal(&shop.scene, &name).await;
    }
    shop.server.behave(Behaviour::Serve);
    let address = shop.server.url("").to_string();
    for url in [shop.server.url("empty"), shop.server.url("none")] {
        let name = url.to_string();
        shop.scene.edit(|spec| spec.url = url);
        text += &refusal(&shop.scene, &name).await;
    }
    for url in ["git@example.org:shop.git", "svn://example.org/shop", "/srv/shop"] {
        shop.scene.edit(|spec| spec.url = crate::bad::scene::url(url));
        text += &refusal(&shop.scene, url).await;
    }
    insta::assert_snapshot!(text.replace(&address, "http://server/"), @r#"
    branch mian
      G004: http://server/app has no branch mian; did you mean main?
        = did you mean main?
    branch 4b825dc
      G006: http://server/app has no branch 4b825dc, and a commit needs all of its digits
        = give all 40 or 64 digits: `git rev-parse ID` prints them
    tag v9.9.9
      G004: http://server/app has no tag v9.9.9; did you mean v1.2.0?
        = did you mean v1.2.0?
    semver >=2
      G007: http://server/app has no tag in the range ">=2"; the nearest are v1.2.0
        = push a matching tag, or widen the range
    semver latest
      G007: "latest" is no range of semantic versions: unexpected character 'l' while parsing major version number
        = write it as ^1.2, ~1.2.3, 1.* or >=1.2, <2
    commit 5555555
      G005: http://server/app has no commit 5555555555555555555555555555555555555555, or does not give it out
        = check that the commit was pushed and is reachable from a branch or tag
    refs/pull/1/head
      G004: http://server/app has no refs/pull/1/head
        = check the name: `git ls-remote URL` lists all of them
    Status(404)
      G002: http://server/app is no Git repository: it answers HTTP 404
        = check the url: `git ls-remote URL` must list references
    Status(401)
      G003: http://server/app wants credentials (HTTP 401)
        = use a url that can be read without credentials
    Status(503)
      G001: http://server/app answers HTTP 503
        = check the url and the network; the next try comes by itself
    Garbage
      G002: http://server/app is no Git repository: it answers something else than Git's smart HTTP protocol
        = check the url: `git ls-remote URL` must list references
    http://server/empty
      G008: http://server/empty is empty: it has no commit yet
        = push a first commit
    http://server/none
      G002: http://server/none is no Git repository: it answers HTTP 404
        = check the url: `git ls-remote URL` must list references
    git@example.org:shop.git
      G011: git@example.org:shop.git is no url that can be read here
        = ssh is not supported yet: use https://
    svn://example.org/shop
      G011: svn://example.org/shop is no url that can be read here
        = use https://, http://, file:// or the path of a folder
    /srv/shop
      G011: /srv/shop is no url that can be read here
        = folders are not allowed here: use https://
    "#);
}

#[test]
fn what_cannot_be_declared_says_the_way_out() {
    let paths = ["../x", "/etc", "a\\b"].map(|path| TreePath::parse(path).unwrap_err().to_string());
    let commit = Commit::parse("4b825dc").unwrap_err().to_string();
    insta::assert_snapshot!([&paths[..], &[commit]].concat().join("\n"), @r#"
    path "../x" cannot be: it leaves the repository; write it without `..`
    path "/etc" cannot be: it is absolute; write it relative to the root of the repository
    path "a\\b" cannot be: it holds a backslash; separate folders by `/`
    "4b825dc" is no full commit id: 40 or 64 hexadecimal digits are
    "#);
}

/// Every code that a test of bad input meets has a help that is not only its meaning.
#[test]
fn a_way_out_is_no_repetition() {
    for code in nopea_core::fault::Code::ALL {
        let fault = Fault::new(*code, code.meaning());
        assert_ne!(fault.help, fault.message, "{code:?}");
    }
}
