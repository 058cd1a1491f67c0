//! Table of owners: whose an object is by its marks.

use super::*;

fn parent() -> ParentRef {
    ParentRef { repo: RepoKey::new("team", "shop"), uid: Uid::new("u-1") }
}

fn web() -> ObjectKey {
    ObjectKey::new("apps", "Deployment", "shop", "web")
}

#[test]
fn the_ids_are_those_of_the_published_formulas() {
    assert_eq!(
        &*part_of_id(&parent().repo),
        "applyset-2-rKV2xTPRrZuaNtwN6p-hys2zOK0YRr9KYOU1LglGA-v1"
    );
    assert_eq!(
        &*set_id("mySet", "test", "Secret", ""),
        "applyset-nqNkDlL072a9O3FBtGMDroXnF18TNtgUetAA6vsaglI-v1"
    );
    assert_eq!(&*object_mark(&Uid::new("u-1"), &web()), "5648f9c41df61b78f799f929fd08bd89");
}

#[test]
fn a_mark_decides_before_a_label_and_a_label_before_a_tool() {
    let id = |name: &str| Some(part_of_id(&RepoKey::new("team", name)));
    let text = |text: &str| Some(Text::from(text));
    let mark = |uid: &str, key: &ObjectKey| Some(object_mark(&Uid::new(uid), key));
    let ours = mark("u-1", &web());
    let copied = mark("u-1", &ObjectKey::new("apps", "Deployment", "shop", "other"));
    let of = |part_of, repository: Option<&str>, object| Marks {
        part_of,
        repository: repository.map(Text::from),
        namespace: repository.and_then(|_| text("team")),
        object,
        tool: None,
    };
    let other = |words: &str| Owner::Other(words.into());
    let foreign_set = part_of_id(&RepoKey::new("team", "blog"));
    let helm = Some(Text::from("Helm release shop/web"));
    let table = [
        ("a member", of(id("shop"), Some("shop"), ours.clone()), Owner::Us, true),
        ("label removed while we were down", of(None, None, ours.clone()), Owner::Us, false),
        ("part-of removed", of(None, Some("shop"), ours.clone()), Owner::Us, false),
        ("another uid", of(id("shop"), Some("shop"), mark("u-0", &web())), Owner::Former, false),
        ("restored under a new name", of(id("shop"), Some("shop"), copied), Owner::Former, false),
        (
            "former without part-of",
            of(None, Some("shop"), mark("u-0", &web())),
            Owner::Former,
            false,
        ),
        (
            "labels that a controller copied",
            of(id("shop"), Some("shop"), None),
            Owner::Nobody,
            false,
        ),
        (
            "another repository",
            of(id("blog"), Some("blog"), mark("u-2", &web())),
            other("GitRepository team/blog"),
            false,
        ),
        ("its label alone", of(None, Some("blog"), None), other("GitRepository team/blog"), false),
        (
            "another apply set",
            of(id("blog"), None, None),
            other(&format!("apply set {foreign_set}")),
            false,
        ),
        (
            "a tool",
            Marks { tool: helm.clone(), ..of(None, None, None) },
            other("Helm release shop/web"),
            false,
        ),
        (
            "ours although a tool",
            Marks { tool: helm, ..of(id("shop"), None, ours) },
            Owner::Us,
            true,
        ),
        ("no marks", Marks::default(), Owner::Nobody, false),
    ];
    for (name, marks, expected, member) in table {
        assert_eq!(owner(&parent(), &web(), &marks), expected, "{name}");
        assert_eq!(is_member(&parent(), &web(), &marks), member, "{name}");
    }
}
