//! Bad manifests: bytes of a commit that are no set of objects, each refused with file and line.

use std::sync::Arc;

use async_trait::async_trait;
use nopea_core::{
    model::{ObjectId, Text},
    port::{Entry, GitSource, Open, Resolve, Resolved, SourceError, SourceTree, TreeError},
};
use nopea_render::MemoryTree;
use nopea_tests::rig::MemorySource;

use crate::bad::scene::{Scene, mended, tree, url};

/// A file that is added to a commit whose other files are good.
type Content = fn() -> Vec<u8>;

/// Each bad manifest `shop/bad.yaml`: the name of its test, what is in it, and what is told of it.
macro_rules! bad_manifests {
    ($($name:ident: $content:expr => [$($expected:literal),+];)+) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $name() {
                let content: Content = || $content.into();
                refused(tree("bad").file("shop/bad.yaml", content()), &[$($expected),+]).await;
            }
        )+

        /// All of them, for the review of what is told.
        pub(crate) const MANIFESTS: &[(&str, Content)] =
            &[$((stringify!($name), || $content.into())),+];
    };
}

bad_manifests! {
    a_file_that_is_not_utf_8:
        b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: caf\xe9\n" =>
        ["M004 shop/bad.yaml:4:12"];
    a_tab_as_indentation:
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: a\n" =>
        ["M005 shop/bad.yaml:4:2"];
    a_duplicate_key:
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: one\n  k: two\n" =>
        ["M006 shop/bad.yaml:6:3"];
    an_alias_bomb:
        alias_bomb() =>
        ["M009 shop/bad.yaml:8:12"];
    ten_thousand_levels:
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {}", "{a: ".repeat(10_000)) =>
        ["M008 shop/bad.yaml:3:519"];
    a_document_without_a_kind:
        "apiVersion: v1\nmetadata: {name: a}\n" =>
        ["M010 shop/bad.yaml:1:1"];
    a_document_without_a_name:
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels: {}\n" =>
        ["M010 shop/bad.yaml:3:1"];
    a_document_without_an_api_version:
        "kind: ConfigMap\nmetadata: {name: a}\n" =>
        ["M010 shop/bad.yaml:1:1"];
    the_same_object_twice:
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n\
         apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n" =>
        ["M013 shop/bad.yaml:5:1 ConfigMap shop/a"];
    a_namespace_on_a_cluster_scoped_kind:
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, namespace: shop}\n" =>
        ["M014 shop/bad.yaml:1:1 Namespace shop/a"];
    an_invalid_name:
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Web_1}\n" =>
        ["M015 shop/bad.yaml:1:1 ConfigMap shop/Web_1"];
    an_invalid_label:
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {tier: front end}}\n" =>
        ["M015 shop/bad.yaml:1:1 ConfigMap shop/a"];
    a_manifest_that_is_an_lfs_pointer:
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n" =>
        ["M017 shop/bad.yaml:1:1"];
    every_fault_of_a_render_comes_in_one_answer:
        "kind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\n\
         metadata: {name: b, name: c}\n---\napiVersion: v1\nkind: [a\n" =>
        ["M010 shop/bad.yaml:1:1", "M006 shop/bad.yaml:6:21", "M005 shop/bad.yaml:9:7"];
    every_fault_of_a_set_comes_in_one_answer:
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A, labels: {a b: c}}\n---\n\
         apiVersion: v1\nkind: Namespace\nmetadata: {name: a, namespace: b}\n" =>
        [
            "M015 shop/bad.yaml:1:1 ConfigMap shop/A",
            "M015 shop/bad.yaml:1:1 ConfigMap shop/A",
            "M014 shop/bad.yaml:5:1 Namespace b/a"
        ];
}

/// Nine references to nine references to nine …, in a few hundred bytes.
fn alias_bomb() -> String {
    let mut text =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na: &a [x, x, x, x, x]\n".to_owned();
    for (of, name) in ('a'..'h').zip('b'..'i') {
        let all = vec![format!("*{of}"); 9].join(", ");
        text = format!("{text}{name}: &{name} [{all}]\n");
    }
    text
}

async fn refused(bad: MemoryTree, expected: &[&str]) {
    let scene = Scene::in_memory().await;
    let standing = scene.stands();
    scene.commit(bad);
    standing.is_refused(&scene, expected).await;
    scene.commit(mended());
    standing.is_synced_once_mended(&scene).await;
}

#[tokio::test(start_paused = true)]
async fn the_same_object_in_two_files_names_both_places() {
    let scene = Scene::in_memory().await;
    let standing = scene.stands();
    scene.commit(tree("bad").file(
        "shop/settings-copy.yaml",
        "---\n".to_owned() + &crate::bad::scene::map("settings", "other"),
    ));
    let faults =
        standing.is_refused(&scene, &["M013 shop/settings.yaml:1:1 ConfigMap shop/settings"]).await;
    let both = "it is written at shop/settings-copy.yaml:2:1 and again at shop/settings.yaml:1:1";
    assert_eq!(&*faults[0].message, both);
    scene.commit(mended());
    standing.is_synced_once_mended(&scene).await;
}

/// A source that says of one file that it has 100 MB, and would not give it out.
struct Claiming(Arc<MemorySource>);

#[async_trait]
impl GitSource for Claiming {
    async fn resolve(&self, request: &Resolve) -> Result<Resolved, SourceError> {
        self.0.resolve(request).await
    }

    async fn open(&self, request: &Open) -> Result<Arc<dyn SourceTree>, SourceError> {
        Ok(Arc::new(ClaimingTree(self.0.open(request).await?)))
    }
}

struct ClaimingTree(Arc<dyn SourceTree>);

impl SourceTree for ClaimingTree {
    fn entry(&self, path: &str) -> Result<Option<Entry>, TreeError> {
        self.0.entry(path)
    }

    fn list(&self, dir: &str) -> Result<Vec<(Text, Entry)>, TreeError> {
        self.0.list(dir)
    }

    fn read(&self, id: &ObjectId, limit: u64) -> Result<Vec<u8>, TreeError> {
        let huge = self.0.entry("shop/huge.yaml")?.is_some_and(|entry| entry.id == *id);
        if huge {
            return Err(TreeError::TooLarge { id: id.clone(), size: 100_000_000, limit });
        }
        self.0.read(id, limit)
    }
}

#[tokio::test(start_paused = true)]
async fn a_scalar_of_a_hundred_megabytes() {
    const HUGE: &str = "https://elsewhere.test/huge";
    let memory = Arc::new(MemorySource::default());
    memory.commit_tree(HUGE, tree("good"));
    let claiming = Arc::new(Claiming(Arc::clone(&memory)));
    let scene = Scene::over(|_clock| claiming, |spec| spec.url = url(HUGE)).await;
    scene.rest().await;
    let standing = scene.stands();
    memory.commit_tree(HUGE, tree("bad").file("shop/huge.yaml", "a: xxxxxxxxxxxxxxxxxxxx"));
    standing.is_refused(&scene, &["M007 shop/huge.yaml:1:1"]).await;
    memory.commit_tree(HUGE, mended());
    standing.is_synced_once_mended(&scene).await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_starts_on_a_bad_commit_heals_the_last_good_one() {
    let mut scene = Scene::in_memory().await;
    let standing = scene.stands();
    scene.commit(tree("bad").file("shop/bad.yaml", "kind: [a\n"));
    assert_eq!(scene.sync().await.unwrap_err()[0].code.id(), "M005");
    scene.rig.restart();
    standing.is_refused(&scene, &["M005 shop/bad.yaml:1:7"]).await;
    scene.commit(mended());
    standing.is_synced_once_mended(&scene).await;
}
