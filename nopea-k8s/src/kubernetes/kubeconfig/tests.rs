//! Kubeconfigs as they come, good and bad.

use super::*;

const GOOD: &str = "
apiVersion: v1
kind: Config
current-context: dev
clusters:
- name: here
  cluster: {server: 'https://user:s3cr3t@127.0.0.1:6443/prefix'}
users:
- name: me
  user: {token: s3cr3t}
contexts:
- name: dev
  context: {cluster: here, user: me, namespace: shop}
- name: bare
  context: {cluster: here, user: me}
- name: lost
  context: {cluster: elsewhere, user: me}
";

/// Reads `text` as a file and asks for a context of it.
async fn read(text: &str, name: Option<&str>) -> Result<Context, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, text).unwrap();
    let told = |error: NoContext| {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error} {error:?} {source:?}")
    };
    context(Some(&path), name).await.map_err(told)
}

#[tokio::test]
async fn the_current_context_is_the_default() {
    let context = read(GOOD, None).await.unwrap();
    assert_eq!((&*context.name, context.namespace()), ("dev", "shop"));
    assert_eq!(context.server(), "https://127.0.0.1:6443", "without credentials");
    assert!(!format!("{context:?}").contains("s3cr3t"));
    let bare = read(GOOD, Some("bare")).await.unwrap();
    assert_eq!((&*bare.name, bare.namespace()), ("bare", "default"));
}

#[tokio::test]
async fn a_context_that_is_not_there_is_told_with_those_that_are() {
    let told = read(GOOD, Some("prod")).await.unwrap_err();
    assert!(told.contains("no context \"prod\"; it has dev, bare, lost"), "{told}");
    let told = read(&GOOD.replace("current-context: dev", ""), None).await.unwrap_err();
    assert!(told.contains("no current context; it has dev, bare, lost"), "{told}");
    let told = read(GOOD, Some("lost")).await.unwrap_err();
    assert!(told.contains("context \"lost\"") && told.contains("elsewhere"), "{told}");
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_told_without_its_lines() {
    for broken in ["users: [{name: me, user: {token: [s3cr3t]}}]", "a: s3cr3t: b", "- s3cr3t\n"] {
        let told = read(broken, None).await.unwrap_err();
        assert!(told.contains("no valid YAML") || told.contains("no current context"), "{told}");
        assert!(!told.contains("s3cr3t"), "{told}");
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let told = context(Some(Path::new("/nowhere/config")), None).await.unwrap_err();
    assert_eq!(told.to_string(), "the kubeconfig /nowhere/config cannot be read");
}
