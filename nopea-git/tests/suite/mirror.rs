//! Mirrors on disk: found again, damaged, rebuilt, and apart from the host.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use nopea_core::model::{Commit, Reference, SourceUrl};
use nopea_git::testing::Behaviour;

use crate::{FETCH, Source, read, served};

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

pub(crate) fn with_ending(source: &Source, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(source.mirrors.path(), &mut found);
    found.retain(|path| path.to_str().unwrap().ends_with(ending));
    found
}

fn overwrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut content = fs::read(path).unwrap();
    change(&mut content);
    fs::remove_file(path).unwrap();
    fs::write(path, content).unwrap();
}

#[tokio::test]
async fn a_mirror_is_shallow_and_used_again_after_a_restart() {
    let (repository, server, url, _) = served().await;
    let commit = repository.commit(&[("apps/web.yaml", "two")]);
    let source = Source::new();
    source.open(&url, &commit).await.unwrap();
    let shallow = with_ending(&source, "/shallow");
    assert_eq!(fs::read_to_string(&shallow[0]).unwrap().trim(), commit.as_str());
    let source = source.restarted();
    let tree = source.open(&url, &commit).await.unwrap();
    assert_eq!(read(&tree, "apps/web.yaml"), "two");
    assert_eq!(server.count(FETCH), 1);
    let next = repository.commit(&[("apps/web.yaml", "three")]);
    let tree = source.open(&url, &next).await.unwrap();
    assert_eq!(read(&tree, "apps/web.yaml"), "three");
    assert_eq!(server.count(FETCH), 2);
}

type Damage = fn(&Source);

#[tokio::test]
async fn a_mirror_damaged_on_disk_is_found_at_the_start_and_rebuilt() {
    let (_repository, server, url, commit) = served().await;
    let mut source = Source::new();
    source.open(&url, &commit).await.unwrap();
    let damages: [Damage; 5] = [
        |source| overwrite(&with_ending(source, ".pack")[0], |pack| pack.truncate(pack.len() / 2)),
        |source| {
            overwrite(&with_ending(source, ".pack")[0], |pack| {
                // The last byte of the last blob, before the checksum.
                let last = pack.len() - 21;
                pack[last] ^= 0xff;
            });
        },
        |source| fs::remove_file(&with_ending(source, ".idx")[0]).unwrap(),
        |source| overwrite(&with_ending(source, "/HEAD")[0], |head| *head = b"\0garbage".to_vec()),
        |source| fs::remove_file(&with_ending(source, "/config")[0]).unwrap(),
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        damage(&source);
        source = source.restarted();
        let tree = source.open(&url, &commit).await.unwrap();
        assert_eq!(read(&tree, "README"), "hello", "{number}");
        assert_eq!(read(&tree, "apps/web.yaml"), "one", "{number}");
        assert_eq!(with_ending(&source, "/HEAD").len(), 1, "{number}");
    }
    assert!(server.count(FETCH) >= 5);
}

#[tokio::test]
async fn a_mirror_without_its_references_still_serves_and_fetches() {
    let (repository, _server, url, commit) = served().await;
    let source = Source::new();
    source.open(&url, &commit).await.unwrap();
    fs::remove_file(&with_ending(&source, commit.as_str())[0]).unwrap();
    let source = source.restarted();
    assert_eq!(read(&source.open(&url, &commit).await.unwrap(), "README"), "hello");
    let next = repository.commit(&[("README", "again")]);
    assert_eq!(read(&source.open(&url, &next).await.unwrap(), "README"), "again");
}

#[tokio::test]
async fn damage_that_a_read_finds_is_a_fault_once_and_then_rebuilt() {
    let (_repository, _server, url, commit) = served().await;
    let source = Source::new();
    source.open(&url, &commit).await.unwrap();
    let source = source.restarted();
    let tree = source.open(&url, &commit).await.unwrap();
    let readme = tree.entry("README").unwrap().unwrap();
    let pack = &with_ending(&source, ".pack")[0];
    // In place, as a failing disk does: what is mapped already changes too.
    let length = fs::metadata(pack).unwrap().len();
    let garbage = vec![0xff; usize::try_from(length).unwrap()];
    fs::set_permissions(pack, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    fs::write(pack, garbage).unwrap();
    let error = tree.read(&readme.id, 100).unwrap_err();
    assert_eq!(error.to_string(), format!("could not read {}", readme.id));
    let tree = source.open(&url, &commit).await.unwrap();
    assert_eq!(read(&tree, "README"), "hello");
}

#[tokio::test]
async fn a_mirror_of_many_packs_is_built_anew_under_its_readers() {
    let (repository, server, url, first) = served().await;
    let source = Source::with(|options| options.packs = 4);
    let before = source.open(&url, &first).await.unwrap();
    source.gix.keep(&url, BTreeSet::from([first.clone()])).await.unwrap();
    let mut last = first.clone();
    for number in 0..6 {
        last = repository.commit(&[("README", &number.to_string())]);
        source.open(&url, &last).await.unwrap();
    }
    assert_eq!(with_ending(&source, "/HEAD").len(), 2, "the old repository is still read from");
    assert_eq!(read(&before, "apps/web.yaml"), "one");
    drop(before);
    assert_eq!(with_ending(&source, "/HEAD").len(), 1, "the old repository is gone");
    assert!(with_ending(&source, ".pack").len() <= 4);
    let fetched = server.count(FETCH);
    let source = source.restarted();
    for (commit, readme) in [(&first, "hello"), (&last, "5")] {
        assert_eq!(read(&source.open(&url, commit).await.unwrap(), "README"), readme);
    }
    assert_eq!(server.count(FETCH), fetched, "what was kept and opened lately came along");
}

#[tokio::test]
async fn a_kept_commit_that_the_remote_lost_is_not_lost_here() {
    let (repository, server, url, first) = served().await;
    let source = Source::with(|options| options.packs = 2);
    source.open(&url, &first).await.unwrap();
    source.gix.keep(&url, BTreeSet::from([first.clone()])).await.unwrap();
    repository.git(&["checkout", "-q", "--orphan", "anew"]);
    repository.commit(&[("README", "anew")]);
    repository.git(&["branch", "-q", "-M", "anew", "main"]);
    repository.git(&["reflog", "expire", "--expire=now", "--all"]);
    repository.git(&["gc", "-q", "--prune=now"]);
    for number in 0..4 {
        let commit = repository.commit(&[("README", &number.to_string())]);
        let tree = source.open(&url, &commit).await.unwrap();
        assert_eq!(read(&tree, "README"), number.to_string());
    }
    assert_eq!(server.count(FETCH), 6, "it is not built anew in vain at each fetch");
    let tree = source.open(&url, &first).await.unwrap();
    assert_eq!(read(&tree, "README"), "hello");
}

#[tokio::test]
async fn a_commit_of_another_hash_than_the_remote_has_is_unknown() {
    let (_repository, _server, url, commit) = served().await;
    let source = Source::new();
    source.open(&url, &commit).await.unwrap();
    let other = Commit::parse(&"1".repeat(64)).unwrap();
    assert_eq!(source.open(&url, &other).await.unwrap_err().code.id(), "G005");
    assert_eq!(read(&source.open(&url, &commit).await.unwrap(), "README"), "hello");
}

#[tokio::test]
async fn commits_that_nobody_keeps_are_forgotten() {
    let (repository, _server, url, first) = served().await;
    let source = Source::new();
    source.open(&url, &first).await.unwrap();
    let mut last = first.clone();
    for number in 0..17 {
        last = repository.commit(&[("README", &number.to_string())]);
        source.open(&url, &last).await.unwrap();
    }
    assert_eq!(with_ending(&source, first.as_str()).len(), 1);
    source.gix.keep(&url, BTreeSet::from([last.clone()])).await.unwrap();
    assert_eq!(with_ending(&source, first.as_str()).len(), 0);
    assert_eq!(with_ending(&source, last.as_str()).len(), 1);
}

#[tokio::test]
async fn two_processes_do_not_share_a_mirror() {
    let (_repository, _server, url, commit) = served().await;
    let one = Source::new();
    let two = Source::in_folder(Arc::clone(&one.mirrors), |_| {});
    let (a, b) = tokio::join!(one.open(&url, &commit), two.open(&url, &commit));
    assert_eq!(read(&a.unwrap(), "README"), read(&b.unwrap(), "README"));
    assert_eq!(with_ending(&one, "/lock").len(), 2);
}

#[tokio::test]
async fn what_a_killed_process_left_in_a_mirror_is_removed() {
    let (repository, _server, url, commit) = served().await;
    let source = Source::new();
    source.open(&url, &commit).await.unwrap();
    let repository_dir = with_ending(&source, "/HEAD")[0].parent().unwrap().to_owned();
    for left in ["shallow.lock", "packed-refs.lock", "refs/nopea/x.lock", "objects/pack/.tmpX"] {
        fs::write(repository_dir.join(left), "").unwrap();
    }
    let unfinished = repository_dir.parent().unwrap().join("9");
    fs::create_dir_all(unfinished.join("objects/pack")).unwrap();
    let source = source.restarted();
    let next = repository.commit(&[("README", "again")]);
    assert_eq!(read(&source.open(&url, &next).await.unwrap(), "README"), "again");
    assert_eq!(with_ending(&source, "x.lock"), [] as [PathBuf; 0]);
    assert_eq!(with_ending(&source, ".tmpX"), [] as [PathBuf; 0]);
    assert!(repository_dir.exists() && !unfinished.exists());
}

#[tokio::test]
async fn a_server_of_the_first_protocol_gives_out_what_its_references_reach() {
    let (repository, server, url, first) = served().await;
    server.behave(Behaviour::FirstProtocol);
    let lost = repository.commit(&[("README", "lost")]);
    repository.git(&["reset", "-q", "--hard", first.as_str()]);
    let second = repository.commit(&[("README", "again")]);
    let source = Source::new();
    assert_eq!(source.resolve(&url, Reference::Head, 0).await.unwrap(), second);
    assert_eq!(read(&source.open(&url, &second).await.unwrap(), "README"), "again");
    let error = source.open(&url, &lost).await.unwrap_err();
    assert_eq!(error.code.id(), "G005", "{:?}", error.fault());
    assert_eq!(read(&source.open(&url, &first).await.unwrap(), "README"), "hello");
}

/// What the child process of the next test is told.
const CHILD: [&str; 3] = ["NOPEA_TEST_URL", "NOPEA_TEST_FOLDER", "NOPEA_TEST_COMMIT"];

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_configuration_nor_the_programs_of_the_host_are_used() {
    if let [Ok(url), Ok(folder), Ok(commit)] = CHILD.map(std::env::var) {
        let source = Source::new();
        for url in [url, folder] {
            let url = SourceUrl::parse(&url).unwrap();
            let found = source.resolve(&url, Reference::Head, 0).await.unwrap();
            assert_eq!(found.as_str(), commit);
            assert_eq!(read(&source.open(&url, &found).await.unwrap(), "README"), "hello");
        }
        return;
    }
    let (repository, _server, url, commit) = served().await;
    let home = tempfile::TempDir::new().unwrap();
    let rewrite = "[url \"http://127.0.0.1:1/\"]\n\tinsteadOf = http://127.0.0.1\n";
    fs::write(home.path().join(".gitconfig"), rewrite).unwrap();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    let name = "mirror::neither_the_configuration_nor_the_programs_of_the_host_are_used";
    child.args([name, "--exact", "--nocapture"]).env_clear();
    let folder = repository.path().display().to_string();
    child.envs(CHILD.into_iter().zip([url.expose(), folder.as_str(), commit.as_str()]));
    child.env("HOME", home.path()).env("PATH", "/nowhere").env("GIT_DIR", "/nowhere");
    child.env("http_proxy", "http://127.0.0.1:1").env("ALL_PROXY", "http://127.0.0.1:1");
    let ended = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(String::from_utf8_lossy(&ended.stdout).contains("1 passed"));
}
