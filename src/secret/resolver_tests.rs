use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use camino::Utf8PathBuf;

use super::*;

fn nobody() -> Resolver {
    Resolver::asking(None, Box::new(|_| None))
}

fn words(words: &[&str]) -> SecretRef {
    SecretRef::Command(words.iter().map(|w| (*w).to_owned()).collect())
}

async fn error(reference: SecretRef) -> String {
    let error = ActionError::from(nobody().secret(&reference).await.unwrap_err());
    format!("{error} / {}", error.advice.as_deref().unwrap())
}

#[tokio::test]
async fn files() {
    async fn check(content: &str, mode: u32, wanted: Result<&str, &str>) {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(folder.path().join("secret")).unwrap();
        fs_err::write(&path, content).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        match (nobody().secret(&SecretRef::File(path)).await, wanted) {
            (Ok(secret), Ok(wanted)) => assert_eq!(secret.reveal(), wanted),
            (Err(error), Err(wanted)) => {
                let error = ActionError::from(error);
                let all = format!("{error} / {}", error.advice.as_deref().unwrap());
                assert!(all.contains(wanted), "{all}");
            }
            (found, wanted) => panic!("{found:?} instead of {wanted:?}"),
        }
    }
    check("long enough\n", 0o600, Ok("long enough")).await;
    check("long enough\r\n\n", 0o400, Ok("long enough\r\n")).await;
    check("long enough", 0o600, Ok("long enough")).await;
    check("abc\n", 0o600, Err("only 3 characters")).await;
    check("long enough", 0o640, Err("chmod 600")).await;
    check("long enough", 0o604, Err("chmod 600")).await;
    assert!(error(SecretRef::File("/nowhere/secret".into())).await.contains("/nowhere/secret"));
}

#[tokio::test]
async fn commands() {
    let secret = nobody().secret(&words(&["printf", "%s\\n", "from a command; $HOME"])).await.unwrap();
    assert_eq!(secret.reveal(), "from a command; $HOME");
    assert!(error(words(&[])).await.contains("no program"));
    assert!(error(words(&["/nowhere/program"])).await.contains("cannot be started"));
    assert!(error(words(&["true"])).await.contains("printed nothing"));
    assert!(error(words(&["ls", "/nowhere"])).await.contains("it ended with"));
    let failing = error(words(&["sh", "-c", "echo hidden-value-1; exit 3"])).await;
    assert!(!failing.contains("hidden-value-1"), "{failing}");
    let resolver = Resolver { command_limit: Duration::from_millis(100), ..nobody() };
    let late = resolver.secret(&words(&["sleep", "60"])).await.unwrap_err();
    assert!(late.to_string().contains("did not end"), "{late}");
}

#[tokio::test]
async fn a_person_is_asked_once() {
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let resolver = Resolver::asking(
        None,
        Box::new(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Some(Ok("entered by hand".into()))
        }),
    );
    let reference = SecretRef::Prompt(Question::Plain(true));
    let (one, two) = tokio::join!(resolver.secret(&reference), resolver.secret(&reference));
    assert_eq!(one.unwrap().reveal(), two.unwrap().reveal());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    resolver.forget(&reference).await;
    resolver.secret(&reference).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert!(error(SecretRef::Prompt(Question::Plain(true))).await.contains("there is none"));
    assert!(error(SecretRef::Prompt(Question::Plain(false))).await.contains("prompt = false"));
    let echo = Resolver::asking(None, Box::new(|question| Some(Ok(question.to_owned()))));
    for what in ["password of ANN", "password of BOB"] {
        let reference = SecretRef::Prompt(Question::Plain(true)).asking_for(what);
        assert_eq!(echo.secret(&reference).await.unwrap().reveal(), format!("{what} (not shown): "));
    }
    let silent = Resolver::asking(None, Box::new(|_| Some(Ok(String::new()))));
    assert!(matches!(silent.secret(&reference).await, Err(SecretError::NothingEntered)));
}

#[tokio::test]
async fn variables_and_vaults_that_are_not_there() {
    assert!(error(SecretRef::Env("ADBCTL_TEST_NOT_SET".into())).await.contains("ADBCTL_TEST_NOT_SET"));
    let ocid: Ocid = "ocid1.vaultsecret.oc1.uk-london-1.example".parse().unwrap();
    assert!(error(SecretRef::Vault(ocid)).await.contains("not configured"));
    // HOME is set wherever tests run.
    let home = nobody().secret(&SecretRef::Env("HOME".into())).await.unwrap();
    assert_eq!(Some(home.reveal()), environment::variable("HOME").as_deref());
}
