//! The one table of fault codes: meaning, when to try again, the way out. `docs/errors.md` is made of it.
//!
//! A code, once released, keeps its meaning. To add one, append a row.

use super::Retry;

macro_rules! catalogue {
    ($($name:ident = $id:literal, $retry:ident, $meaning:literal, $help:literal;)+) => {
        /// What kind of thing went wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $name,)+
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The code as users see it: `G001`.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// What it means, in one line.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }

            /// When another try is worth it, unless the fault says otherwise.
            pub fn retry(self) -> Retry {
                match self { $(Self::$name => Retry::$retry,)+ }
            }

            /// What to do.
            pub fn help(self) -> &'static str {
                match self { $(Self::$name => $help,)+ }
            }
        }
    };
}

catalogue! {
    // sources
    Unreachable = "G001", Soon, "the source gave no answer", "check the url and the network; the next try comes by itself";
    NotARepository = "G002", Interval, "what answers there is no Git repository", "check the url: `git ls-remote URL` must list references";
    AuthenticationRequired = "G003", Interval, "the source wants credentials", "use a url that can be read without credentials";
    UnknownReference = "G004", Interval, "the source has no such branch, tag or reference", "check the name: `git ls-remote URL` lists all of them";
    UnknownCommit = "G005", Interval, "the source has no such commit, or does not give it out", "check that the commit was pushed and is reachable from a branch or tag";
    ShortCommit = "G006", Never, "a commit was given by less than its full id", "give all 40 or 64 digits: `git rev-parse ID` prints them";
    NoMatchingVersion = "G007", Interval, "no tag is a semantic version in the range", "push a matching tag, or widen the range";
    EmptyRepository = "G008", Interval, "the repository has no commit yet", "push a first commit";
    SourceTooLarge = "G009", Interval, "the source is larger than the limit", "split the repository, or raise the byte limit";
    SourceTimedOut = "G010", Soon, "the source did not answer in time", "check the server; the next try comes by itself";
    UnsupportedUrl = "G011", Never, "the url has a scheme that cannot be used", "use https://, http://, file:// or the path of a folder";
    UnknownFolder = "G012", Interval, "there is no such folder", "check the path";
    DamagedSource = "G013", Soon, "an object of the repository cannot be read", "the mirror is built anew; if it happens again, run `git fsck` on the source";
    SourceInterrupted = "G014", Soon, "reading the source was stopped", "nothing to do: the next try comes by itself";

    // manifests
    PathAbsent = "M001", Never, "the path does not exist in the commit", "correct `path`, or commit the folder";
    PathOutside = "M002", Never, "a path or link leads out of the repository", "keep paths and links inside the repository";
    LinkLoop = "M003", Never, "a symbolic link leads to itself or through too many others", "replace the link by what it should show";
    NotUtf8 = "M004", Never, "a file is not UTF-8", "save it as UTF-8";
    Syntax = "M005", Never, "a file is no valid YAML or JSON", "correct the marked place";
    DuplicateKey = "M006", Never, "a map has a key twice", "remove one of the two";
    TooLarge = "M007", Never, "a file or the whole render is larger than the limit", "split it, or raise the limit";
    TooDeep = "M008", Never, "a document is nested deeper than the limit", "flatten it";
    AliasGrowth = "M009", Never, "aliases blow a document up beyond the limit", "write the repeated parts out, or use fewer aliases";
    MissingField = "M010", Never, "a document lacks apiVersion, kind or metadata.name", "add the field; list files that are no manifests in .nopeaignore";
    WrongType = "M011", Never, "a field has a value of the wrong type", "write it as the message says; quote it where a text is wanted";
    GenerateName = "M012", Never, "an object has generateName instead of a name", "give it a fixed metadata.name: an object without one cannot be kept in sync";
    DuplicateObject = "M013", Never, "one object is written twice", "remove one of the two";
    UnexpectedNamespace = "M014", Never, "a cluster-scoped object has a namespace", "remove metadata.namespace";
    InvalidName = "M015", Never, "a name, namespace, label or annotation is not allowed by Kubernetes", "use lower-case letters, digits, '-' and '.', within the length that the message says";
    KustomizeUnsupported = "M016", Never, "the path is a kustomize build, which cannot be rendered yet", "commit the output of `kubectl kustomize`, or point `path` at plain manifests";
    LfsPointer = "M017", Never, "a manifest is a Git LFS pointer", "store manifests in Git itself: `git lfs untrack`";
    Contradiction = "M018", Never, "two objects of the set exclude each other", "change one of the two";
    BodyTooLarge = "M019", Never, "an object is larger than etcd can store", "split it: 1.4 MiB is the most";
    DependencyCycle = "M020", Never, "depends-on annotations lead in a circle", "remove one of the edges";
    InvalidDependency = "M021", Never, "a depends-on annotation cannot be read or names nothing", "write group/Kind/namespace/name of objects in the same render";
    EmptyRender = "M022", Never, "the path holds no manifest although objects stand applied", "correct `path`, or approve the prune list if everything is to go";
    BreakGlassInGit = "M023", Never, "nopea.io/suspend-heal stands in Git", "set it on the live object only: in Git it would freeze its own removal";
    ReservedMark = "M024", Never, "a manifest sets a label or annotation that is NOPEA's own", "remove it from the manifest";
    Submodule = "M025", Never, "the path holds a submodule, which is not read", "commit the manifests themselves";
    Normalised = "M026", Never, "a field was left out, as the server would not keep it", "remove it from the manifest";
    IgnoredFile = "M027", Never, "a file is not read", "rename it, or list it in .nopeaignore";
    RenderInterrupted = "M028", Soon, "rendering was stopped", "nothing to do: the next try comes by itself";

    // clusters
    ClusterUnreachable = "K001", Soon, "the cluster gave no answer", "check the API server; the next try comes by itself";
    ClusterBusy = "K002", Soon, "the cluster is overloaded or failing", "nothing to do: the next try comes by itself";
    KindUnknown = "K003", Interval, "the cluster does not know the kind", "install its CustomResourceDefinition, or add it to the same commit";
    NamespaceMissing = "K004", Interval, "the namespace does not exist", "create it, or add it to the same commit";
    NamespaceTerminating = "K005", Interval, "the namespace is being deleted", "wait until it is gone, or choose another one";
    UnknownField = "K006", Interval, "a field is not in the schema, or its value has the wrong type", "correct the field; `kubectl explain` lists the right ones";
    Invalid = "K007", Interval, "the cluster refuses the object", "correct the fields that the message names";
    Immutable = "K008", Interval, "a field cannot be changed after creation", "change it back, rename the object, or set nopea.io/replace: \"true\" to have it deleted and created anew";
    Forbidden = "K009", Interval, "the cluster forbids the request", "grant the right, or ask the policy's owner";
    Conflict = "K010", Soon, "the object changed while it was written", "nothing to do: the newest state is judged again";
    OwnedByOther = "K011", Interval, "the object belongs to another owner", "remove it there, or set nopea.io/adopt: \"true\" on the manifest to take it over";
    MarksRemoved = "K012", Interval, "an admission policy removes NOPEA's labels, annotation or bookkeeping", "exempt field manager nopea from the policy";
    PruneHeld = "K013", Interval, "the commit would delete so much that it waits for an approval", "approve the list with annotation nopea.io/approve-prune: <digest>, or put the manifests back";
    ForeignContents = "K014", Interval, "a Namespace or CustomResourceDefinition to be pruned holds objects of others", "move them away, or approve the list with nopea.io/approve-prune: <digest>";
    NotReady = "K015", Interval, "an object did not become ready in time", "look at the object: `kubectl describe` shows its events";
    GateTimedOut = "K016", Interval, "what others wait for did not become ready in time", "look at the object: `kubectl describe` shows its events";
    DeletionBlocked = "K017", Interval, "an object cannot be deleted", "look at its finalizers: their owner must remove them";
    RequestTooLarge = "K018", Interval, "the request is larger than the cluster takes", "split the object";
    SchemaFree = "K019", Never, "the embedded cluster takes a kind without knowing its schema", "a real cluster refuses it until its CustomResourceDefinition is installed";
    NamespaceAssumed = "K020", Never, "the embedded cluster created a namespace that nothing declares", "a real cluster refuses the object until the namespace exists";
    SharedFields = "K021", Never, "another manager applies the same fields", "decide on one manager: what Git drops will stay while the other sets it";
    Suspended = "K022", Interval, "nopea.io/suspend-heal stands on the object", "remove the annotation to resume";
    AttemptTimedOut = "K023", Soon, "the attempt took longer than its timeout", "raise `timeout`, or look at what it waited for";
    VersionGone = "K024", Interval, "an object's bookkeeping names a version that its CustomResourceDefinition no longer has", "nothing to do: the entry is rewritten before the next apply; if it stays, apply the object at a served version";

    // drift
    CannotHeal = "D001", Interval, "drift is seen but there is no source to heal from", "make the source reachable";
    Fight = "D002", Interval, "another field manager changes the object again and again", "let only one of the two manage the field";

    // events
    EventLost = "E001", Never, "an event could not be delivered", "check the receiver's url";

    // the program itself
    WorkerCrashed = "W001", Soon, "the worker of the repository ended unexpectedly and is started again", "please report it with the log around this line";
    WorkerBusy = "W002", Soon, "the repository did not get its turn in time", "nothing to do: the next try comes by itself";
    Paused = "W003", Never, "the repository is suspended", "set spec.suspend to false to resume";
    Undeclared = "W004", Never, "the repository is not declared any more", "declare it again";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_codes_share_an_id_and_every_row_says_a_way_out() {
        let ids: BTreeSet<_> = Code::ALL.iter().map(|code| code.id()).collect();
        assert_eq!(ids.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| !code.meaning().is_empty() && !code.help().is_empty()));
    }
}
