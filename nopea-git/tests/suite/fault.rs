//! What remotes do wrong, and what each gets.

use std::time::Duration;

use nopea_core::model::{Commit, Reference, SourceUrl};
use nopea_git::testing::{Behaviour, Repository, Server};

use crate::mirror::with_ending;
use crate::{FETCH, LOOK_UP, Source, fault, impatient, read, served};

#[tokio::test]
async fn an_unknown_branch_tag_or_reference_is_a_fault_that_says_what_is_near() {
    let (repository, _server, url, _) = served().await;
    repository.git(&["tag", "v1.0.0"]);
    let source = Source::new();
    for (reference, code, text) in [
        (Reference::Branch("mian".into()), "G004", "has no branch mian; did you mean main?"),
        (Reference::Tag("v1.0.1".into()), "G004", "has no tag v1.0.1; did you mean v1.0.0?"),
        (Reference::Ref("refs/pull/7/head".into()), "G004", "has no refs/pull/7/head"),
        (
            Reference::Branch("3f2a91c".into()),
            "G006",
            "has no branch 3f2a91c, and a commit needs all of its digits",
        ),
        (
            Reference::Semver("^2".into()),
            "G007",
            "has no tag in the range \"^2\"; the nearest are v1.0.0",
        ),
    ] {
        let error = source.resolve(&url, reference, 0).await.unwrap_err();
        assert_eq!(fault(&error), (code, format!("{url} {text}")));
    }
    let unwritable = source.resolve(&url, Reference::Semver("newest".into()), 0).await.unwrap_err();
    assert_eq!(unwritable.code.id(), "G007");
    assert!(unwritable.help.unwrap().starts_with("write it as"));
}

#[tokio::test]
async fn an_unknown_commit_is_a_fault() {
    let (_repository, _server, url, _) = served().await;
    let source = Source::new();
    let commit = Commit::parse(&"1".repeat(40)).unwrap();
    let resolved = source.resolve(&url, Reference::Commit(commit.clone()), 0).await.unwrap();
    let error = source.open(&url, &resolved).await.unwrap_err();
    let text = format!("{url} has no commit {commit}, or does not give it out");
    assert_eq!(fault(&error), ("G005", text));
}

#[tokio::test]
async fn an_empty_repository_is_said_to_be_empty() {
    let repository = Repository::new();
    let server = Server::start(repository.root()).await;
    for url in [server.url("app"), repository.url()] {
        let error = Source::new().resolve(&url, Reference::Head, 0).await.unwrap_err();
        assert_eq!(fault(&error), ("G008", format!("{url} is empty: it has no commit yet")));
    }
}

#[tokio::test]
async fn what_is_no_repository_is_told_from_what_wants_credentials_and_what_is_down() {
    let (_repository, server, url, _) = served().await;
    for (behaviour, code, text) in [
        (
            Behaviour::Garbage,
            "G002",
            "is no Git repository: it answers something else than Git's smart HTTP protocol",
        ),
        (Behaviour::Status(404), "G002", "is no Git repository: it answers HTTP 404"),
        (Behaviour::Status(401), "G003", "wants credentials (HTTP 401)"),
        (Behaviour::Status(403), "G003", "wants credentials (HTTP 403)"),
        (Behaviour::Status(429), "G001", "answers HTTP 429"),
        (Behaviour::Status(503), "G001", "answers HTTP 503"),
    ] {
        server.behave(behaviour);
        let error = Source::new().resolve(&url, Reference::Head, 0).await.unwrap_err();
        assert_eq!(fault(&error), (code, format!("{url} {text}")));
    }
    server.behave(Behaviour::Serve);
    let none = server.url("none");
    let error = Source::new().resolve(&none, Reference::Head, 0).await.unwrap_err();
    assert_eq!(fault(&error).0, "G002");
}

#[tokio::test]
async fn a_refused_connection_is_unreachable() {
    let (_repository, server, url, _) = served().await;
    drop(server);
    tokio::task::yield_now().await;
    let error = Source::new().resolve(&url, Reference::Head, 0).await.unwrap_err();
    let (code, text) = fault(&error);
    assert_eq!(code, "G001");
    assert!(text.starts_with(&format!("{url} cannot be reached: ")), "{text}");
    assert!(text.to_lowercase().contains("refused"), "{text}");
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_at_the_time_limit_by_all_who_wait() {
    let (_repository, server, url, _) = served().await;
    server.behave(Behaviour::Hang);
    let source = Source::with(impatient);
    let ask = || source.resolve(&url, Reference::Head, 1);
    let (a, b) = tokio::join!(ask(), ask());
    for error in [a.unwrap_err(), b.unwrap_err()] {
        assert_eq!(fault(&error), ("G010", format!("{url} gave no full answer within 200ms")));
    }
    assert!(server.count(LOOK_UP) <= 1, "they waited together, not in turns");
}

#[tokio::test]
async fn a_pack_that_stops_is_given_up_at_the_time_limit() {
    let (_repository, server, url, commit) = served().await;
    server.behave(Behaviour::HangPack(300));
    let error = Source::with(impatient).open(&url, &commit).await.unwrap_err();
    assert_eq!(error.code.id(), "G010");
}

#[tokio::test]
async fn a_pack_cut_in_the_middle_is_unreachable_and_leaves_a_mirror_that_works() {
    let (_repository, server, url, commit) = served().await;
    let source = Source::new();
    for bytes in [100, 250, 300] {
        server.behave(Behaviour::CutPack(bytes));
        let error = source.open(&url, &commit).await.unwrap_err();
        assert_eq!(error.code.id(), "G001", "{bytes}: {:?}", fault(&error));
    }
    assert_eq!(with_ending(&source, "/HEAD").len(), 0, "nothing half made stays");
    server.behave(Behaviour::Serve);
    let tree = source.open(&url, &commit).await.unwrap();
    assert_eq!(read(&tree, "README"), "hello");
}

#[tokio::test]
async fn a_pack_past_the_byte_limit_is_refused() {
    let (repository, _server, url, _) = served().await;
    for file in 0..20_u32 {
        let noise = (0..2_500_u32).map(|n| (n + 2_500 * file + 1).wrapping_mul(2_654_435_761));
        let noise: Vec<u8> = noise.flat_map(|n| n.rotate_left(n % 31).to_le_bytes()).collect();
        repository.write(&format!("noise-{file}"), noise);
    }
    let commit = repository.commit(&[]);
    let source = Source::with(|options| options.bytes = 50_000);
    assert_eq!(source.resolve(&url, Reference::Head, 0).await.unwrap(), commit);
    let error = source.open(&url, &commit).await.unwrap_err();
    assert_eq!(fault(&error), ("G009", format!("{url} is larger than the limit of 50000 bytes")));
}

#[tokio::test]
async fn a_caller_who_goes_away_frees_the_place_at_the_host_at_once() {
    let (_repository, server, url, commit) = served().await;
    let source = Source::with(|options| {
        options.per_host = 1;
        options.time = Duration::from_hours(1);
    });
    for (behaviour, request) in [(Behaviour::Hang, LOOK_UP), (Behaviour::HangPack(300), FETCH)] {
        server.behave(behaviour);
        tokio::select! {
            biased;
            _ = async {
                source.resolve(&url, Reference::Head, u64::MAX).await.unwrap();
                source.open(&url, &commit).await
            } => panic!("nobody answered"),
            () = server.asked(request) => {}
        }
    }
    server.behave(Behaviour::Serve);
    let tree = source.open(&url, &commit).await.unwrap();
    assert_eq!(read(&tree, "README"), "hello");
}

#[tokio::test]
async fn a_small_pack_that_unpacks_past_the_byte_limit_is_refused() {
    let (repository, _server, url, _) = served().await;
    repository.write("zeros", vec![0; 2_000_000]);
    let commit = repository.commit(&[]);
    let source = Source::with(|options| options.bytes = 100_000);
    let error = source.open(&url, &commit).await.unwrap_err();
    assert_eq!(error.code.id(), "G009", "{:?}", fault(&error));
}

#[tokio::test]
async fn no_fault_prints_the_credentials_of_a_url() {
    let (_repository, _server, url, commit) = served().await;
    let host = url.to_string().replace("http://", "");
    let source = Source::new();
    for scheme in ["https", "http", "ssh"] {
        let url = SourceUrl::parse(&format!("{scheme}://me:secret@{host}")).unwrap();
        let resolved = source.resolve(&url, Reference::Head, 0).await.unwrap_err();
        let opened = source.open(&url, &commit).await.unwrap_err();
        for error in [resolved, opened] {
            let all = format!("{error} {error:?} {:?} {:?}", error.fault(), source.gix);
            assert!(!all.contains("secret"), "{all}");
            assert!(all.contains("127.0.0.1"), "{all}");
        }
    }
}
