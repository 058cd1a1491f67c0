//! Bad trees: paths and links that lead nowhere or out of the repository, and builds that are not
//! rendered yet.

use nopea_core::model::TreePath;
use nopea_render::MemoryTree;

use crate::bad::scene::{Scene, map, mended, tree};

async fn refused(bad: MemoryTree, expected: &[&str]) {
    let scene = Scene::in_memory().await;
    let standing = scene.stands();
    scene.commit(bad);
    standing.is_refused(&scene, expected).await;
    scene.commit(mended());
    standing.is_synced_once_mended(&scene).await;
}

/// A tree, by name.
pub(crate) type Bad = (&'static str, fn() -> MemoryTree);

/// All bad trees, for the review of what is told.
pub(crate) const TREES: &[Bad] = &[
    ("a folder without the path", || MemoryTree::new().file("other/settings.yaml", map("a", "a"))),
    ("a path that is a README", || MemoryTree::new().file("shop", "hello")),
    ("a link out", link_out),
    ("an absolute link", absolute_link),
    ("a chain of links", chain),
    ("a loop of links", loop_of_links),
    ("a folder in itself", folder_in_itself),
    ("a link to nothing", || tree("bad").symlink("shop/bad.yaml", "gone.yaml")),
    ("a kustomize build", kustomize),
];

fn link_out() -> MemoryTree {
    tree("bad").symlink("shop/bad.yaml", "../../secrets.yaml")
}

fn absolute_link() -> MemoryTree {
    tree("bad").symlink("shop/bad.yaml", "/etc/passwd")
}

/// One link more than are followed.
fn chain() -> MemoryTree {
    let first = tree("bad").file("chain/40", map("end", "bad"));
    let links =
        (0..40).fold(first, |tree, at| tree.symlink(&format!("chain/{at}"), &(at + 1).to_string()));
    links.symlink("shop/bad.yaml", "../chain/0")
}

fn loop_of_links() -> MemoryTree {
    tree("bad").symlink("shop/a.yaml", "b.yaml").symlink("shop/b.yaml", "a.yaml")
}

fn folder_in_itself() -> MemoryTree {
    tree("bad").symlink("shop/again", "../shop")
}

fn kustomize() -> MemoryTree {
    tree("bad").file("shop/prod/kustomization.yaml", "resources: [../settings.yaml]\n")
}

#[tokio::test(start_paused = true)]
async fn a_path_that_is_absent_from_the_commit() {
    refused(MemoryTree::new().file("other/a.yaml", map("a", "a")), &["M001"]).await;
}

#[test]
fn a_path_that_leaves_the_repository_cannot_be_declared() {
    for path in ["../x", "a/../../x", "..", "a/../b"] {
        let error = TreePath::parse(path).unwrap_err();
        assert_eq!((error.field, &*error.why), ("path", "it leaves the repository"));
        assert_eq!(error.help, "write it without `..`");
    }
}

#[test]
fn an_absolute_path_cannot_be_declared() {
    let error = TreePath::parse("/etc").unwrap_err();
    assert_eq!(
        error.to_string(),
        "path \"/etc\" cannot be: it is absolute; write it relative to the root of the repository"
    );
}

#[tokio::test(start_paused = true)]
async fn a_link_out_of_the_repository() {
    refused(link_out(), &["M002 shop/bad.yaml:1:1"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_link_to_an_absolute_path() {
    refused(absolute_link(), &["M002 shop/bad.yaml:1:1"]).await;
}

#[tokio::test(start_paused = true)]
async fn links_chained_beyond_the_bound() {
    refused(chain(), &["M003 shop/bad.yaml:1:1"]).await;
}

#[tokio::test(start_paused = true)]
async fn links_that_lead_in_a_circle() {
    refused(loop_of_links(), &["M003 shop/a.yaml:1:1", "M003 shop/b.yaml:1:1"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_link_to_the_folder_that_it_stands_in() {
    refused(folder_in_itself(), &["M003 shop/again:1:1"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_kustomize_build_is_neither_applied_nor_skipped() {
    refused(kustomize(), &["M016 shop/prod/kustomization.yaml:1:1"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_submodule_is_told_as_a_warning_and_hinders_nothing() {
    let scene = Scene::in_memory().await;
    let commit = scene.commit(mended().submodule("shop/vendor", &"7".repeat(40)));
    drop(scene.warnings());
    assert_eq!(scene.sync().await, Ok(commit));
    let told: Vec<_> = scene.warnings().iter().map(crate::bad::place).collect();
    assert_eq!(told, ["M025 shop/vendor:1:1"]);
    assert_eq!(scene.data("settings"), "mended");
}
