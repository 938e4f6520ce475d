//! Databases and Object Storage: what goes from one to the other.

use super::*;

/// A session's worth of SQL in one database, by REST-Enabled SQL.
pub(super) struct Desk<'a> {
    cloud: &'a Cloud,
    address: String,
    password: String,
    pub(super) token: String,
    /// Where the bucket's objects are.
    pub(super) bucket: String,
}

impl<'a> Desk<'a> {
    fn new(cloud: &'a Cloud) -> Self {
        Self::of(cloud, "dev")
    }

    pub(super) fn of(cloud: &'a Cloud, name: &str) -> Self {
        let about = cloud.running.as_ref().unwrap().description();
        let database = &about["databases"][name];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            cloud,
            address: format!("{}admin/_/sql", text(&database["ords_url"])),
            password: text(&database["admin_password"]),
            token: text(&about["object_storage"]["auth_token"]),
            bucket: "https://objectstorage.uk-london-1.oraclecloud.com/n/sandboxspace/b/adbctl/o".to_owned(),
        }
    }

    /// Runs one statement or block, with text binds by name; answers rows as JSON, `ok`, or the error's text.
    pub(super) async fn run(&self, text: &str, binds: &[(&str, &str)]) -> String {
        let binds: Vec<Value> = binds
            .iter()
            .map(|(name, value)| json!({"name": name, "data_type": "VARCHAR2", "value": value}))
            .collect();
        let body = json!({"statementText": text, "binds": binds});
        let reply = self
            .cloud
            .http
            .post(&self.address)
            .basic_auth("ADMIN", Some(&self.password))
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        let answer: Value = serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap();
        let item = &answer["items"][0];
        if let Some(error) = item["errorDetails"].as_str() {
            return error.to_owned();
        }
        match &item["resultSet"]["items"] {
            Value::Null => "ok".to_owned(),
            rows => rows.to_string(),
        }
    }

    /// The same, for what is to say something.
    pub(super) async fn check(&self, text: &str, binds: &[(&str, &str)], wanted: &str) {
        let found = self.run(text, binds).await;
        let fits = if wanted == "ok" { found == "ok" } else { found.contains(wanted) };
        assert!(fits, "{text} {binds:?}\n  got  {found}\n  want {wanted}");
    }
}

pub(super) const CREATE: &str = "begin dbms_cloud.create_credential(credential_name => :name, username => :username, password => :password); end;";
const PUT: &str = "begin dbms_cloud.put_object(credential_name => :cred, object_uri => :uri, contents => utl_raw.cast_to_raw(:text)); end;";
const READ: &str = "select utl_raw.cast_to_varchar2(dbms_cloud.get_object(:cred, :uri)) as text from dual";
const LIST: &str =
    "select object_name, bytes, checksum from dbms_cloud.list_objects(:cred, :uri) order by object_name";
const DELETE: &str = "begin dbms_cloud.delete_object(credential_name => :cred, object_uri => :uri); end;";

#[tokio::test(flavor = "multi_thread")]
async fn objects_go_in_and_out_of_a_database() {
    let cloud = Cloud::start(0.0).await;
    cloud.made(DEV).await;
    let desk = Desk::new(&cloud);
    let token = desk.token.clone();
    let user = "operator@example.com";
    for (name, user, password) in [
        ("store", user, token.as_str()),
        ("\"Mixed\"", user, token.as_str()),
        ("wrong", user, "Wrong-Token-1"),
        ("stranger", "nobody@example.com", token.as_str()),
        ("asleep", user, token.as_str()),
    ] {
        desk.check(CREATE, &[("name", name), ("username", user), ("password", password)], "ok").await;
    }
    desk.check("begin dbms_credential.disable_credential('asleep'); end;", &[], "ok").await;

    // Names that need care: each is put, found again under its own name over REST, read and deleted.
    for (written, stored) in [
        ("plain.txt", "plain.txt"),
        ("a b.txt", "a b.txt"),
        ("a%20b.txt", "a b.txt"),
        ("q'u\"o&te.txt", "q'u\"o&te.txt"),
        ("hundred%25.txt", "hundred%.txt"),
        ("über/ß.txt", "über/ß.txt"),
        ("deep/er/x", "deep/er/x"),
    ] {
        let uri = format!("{}/{written}", desk.bucket);
        let binds = [("cred", "store"), ("uri", uri.as_str())];
        desk.check(PUT, &[("cred", "store"), ("uri", &uri), ("text", stored)], "ok").await;
        let listed = cloud.get("/n/sandboxspace/b/adbctl/o").await;
        assert_eq!(listed.body["objects"], json!([{"name": stored}]), "{written}");
        desk.check(READ, &binds, &json!([{"text": stored}]).to_string()).await;
        desk.check(DELETE, &binds, "ok").await;
        desk.check(READ, &binds, "ORA-20404").await;
    }

    let uri = |path: &str| format!("{}/{path}", desk.bucket);
    let swift = "https://swiftobjectstorage.uk-london-1.oraclecloud.com/v1/sandboxspace/adbctl";
    let elsewhere = desk.bucket.replace("uk-london", "us-ashburn");
    let own = desk.bucket.replace("https://objectstorage.uk-london-1.oraclecloud.com", &cloud.endpoint);
    let dedicated = desk.bucket.replace(
        "objectstorage.uk-london-1.oraclecloud.com",
        "sandboxspace.objectstorage.uk-london-1.oci.customer-oci.com",
    );
    for (cred, uri, wanted) in [
        ("store", uri("x"), "ok"),
        ("\"Mixed\"", uri("x"), "ok"),
        ("admin.store", uri("x"), "ok"),
        ("store", format!("{swift}/y"), "ok"),
        ("store", format!("{own}/z"), "ok"),
        ("store", format!("{dedicated}/w"), "ok"),
        ("mixed", uri("x"), "ORA-20004: Credential \"ADMIN\".\"MIXED\" does not exist"),
        ("other.store", uri("x"), "ORA-20004: Credential \"OTHER\".\"STORE\" does not exist"),
        ("asleep", uri("x"), "ORA-20004: Credential \"ADMIN\".\"ASLEEP\" is disabled"),
        ("wrong", uri("x"), "ORA-20401: Authorization failed for URI"),
        ("stranger", uri("x"), "ORA-20401"),
        ("wrong", format!("{swift}/y"), "ORA-20401"),
        ("store", format!("{swift}/y").replace("sandboxspace", "otherspace"), "ORA-20401"),
        ("", uri("x"), "ORA-20404"),
        ("", format!("{swift}/y"), "ORA-20401"),
        ("store", uri("x").replace("/b/adbctl", "/b/nobucket"), "BucketNotFound"),
        ("store", uri("x").replace("sandboxspace", "otherspace"), "NamespaceNotFound"),
        (
            "store",
            format!("{elsewhere}/x"),
            "ORA-20404: Object not found - https://objectstorage.us-ashburn-1",
        ),
        ("store", uri("x").replace("uk-london", "uk-lodnon"), "ORA-29273"),
        ("store", uri("100%"), "ORA-20400"),
        ("store", uri(""), "ORA-20011"),
        ("store", "https://www.example.com/x".to_owned(), "ORA-20006"),
        ("store", String::new(), "ORA-20011"),
    ] {
        desk.check(PUT, &[("cred", cred), ("uri", &uri), ("text", "some text")], wanted).await;
    }
    let md5 = "552e21cd4cd9918678e3c1a0df491bc3";
    for (location, names) in [
        (uri(""), &["w", "x", "y", "z"][..]),
        (desk.bucket.clone(), &["w", "x", "y", "z"][..]),
        (uri("x"), &["x"][..]),
        (uri("none/"), &[][..]),
        (format!("{swift}/"), &["w", "x", "y", "z"][..]),
    ] {
        let rows: Vec<Value> =
            names.iter().map(|name| json!({"object_name": name, "bytes": 9, "checksum": md5})).collect();
        desk.check(LIST, &[("cred", "store"), ("uri", &location)], &json!(rows).to_string()).await;
    }
    let table =
        "select count(*) as n from table(dbms_cloud.list_objects('STORE', :uri)) where created is not null";
    desk.check(table, &[("uri", &uri(""))], "[{\"n\":4}]").await;
    desk.check(table, &[("uri", swift)], "[{\"n\":0}]").await;

    // What databases send is not what clients send.
    let sent: Vec<Value> = cloud.audit().into_iter().filter(|line| line["kind"] == "rest").collect();
    assert!(sent.iter().all(|line| line["method"] != "PUT" && line["method"] != "DELETE"), "{sent:?}");
    assert!(!fs::read_to_string(cloud.dir.path().join("audit.jsonl")).unwrap().contains(&token));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_and_refusals_reach_a_database() {
    let cloud = Cloud::start(0.0).await;
    cloud.made(DEV).await;
    let desk = Desk::new(&cloud);
    let user = "operator@example.com";
    desk.check(CREATE, &[("name", "store"), ("username", user), ("password", &desk.token)], "ok").await;
    let uri = format!("{}/x", desk.bucket);
    let put = [("cred", "store"), ("uri", uri.as_str()), ("text", "x")];
    for (status, wanted) in [
        (400, "ORA-20400: Request failed with status HTTP 400"),
        (403, "ORA-20403: Authorization failed"),
        (409, "ORA-20409"),
        (412, "ORA-20412"),
        (429, "ORA-20429"),
        (500, "ORA-20500"),
        (503, "ORA-20503"),
    ] {
        cloud.fault(json!({"method": "PUT", "path": "/n/*", "count": 1, "action": {"status": {"status": status}}})).await;
        desk.check(PUT, &put, wanted).await;
    }
    cloud.fault(json!({"path": "/n/*/o/*", "count": 1, "action": {"drop": {}}})).await;
    desk.check(PUT, &put, "ORA-29273").await;
    desk.check(PUT, &put, "ok").await;
    let bare = format!("/n/sandboxspace/b/adbctl/o/{}", "archived");
    let kept = cloud.ask("PUT", bare).bytes(b"cold").header("storage-tier", "Archive").send().await;
    assert_eq!(kept.status, 200);
    desk.check(
        READ,
        &[("cred", "store"), ("uri", &format!("{}/archived", desk.bucket))],
        "ORA-20403: Authorization failed for URI",
    )
    .await;
    // The database is in a transaction of its own while it waits for the service, and the service has work on the
    // database meanwhile.
    let long = "begin insert into admin.waits values (1); for i in 1 .. 40 loop dbms_cloud.put_object('STORE', :uri, utl_raw.cast_to_raw('x')); end loop; rollback; end;";
    desk.check("create table admin.waits (n number)", &[], "ok").await;
    let change = async {
        for tag in ["one", "two", "three"] {
            let body = json!({"freeformTags": {"adbctl-name": "dev", "try": tag}});
            let reply = cloud.put(format!("{DATABASES}/{DEV}"), body).await;
            assert!(reply.status == 200 || reply.code() == "IncorrectState", "{}", reply.body);
        }
        let body = json!({"adminPassword": "Other-Password-26"});
        cloud.put(format!("{DATABASES}/{DEV}"), body).await;
    };
    let at = clock::now();
    let binds = [("uri", uri.as_str())];
    let (found, ()) = tokio::join!(desk.run(long, &binds), change);
    assert_eq!(found, "ok");
    let taken = clock::now().duration_since(at).as_secs();
    assert!(taken < 15, "neither waited for the other: {taken} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn auth_tokens_come_and_go() {
    let cloud = Cloud::start(0.0).await;
    let user = "/20160918/users/ocid1.user.oc1..operatorexample";
    let tokens = format!("{user}/authTokens");
    let about = cloud.running.as_ref().unwrap().description();
    let value = about["object_storage"]["auth_token"].as_str().unwrap().to_owned();
    let file = cloud.dir.path().join("passwords/object-storage");
    assert_eq!(fs::read_to_string(&file).unwrap(), value);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(cloud.get(user).await.body["name"], "operator@example.com");
    let first = cloud.get(&tokens).await;
    assert_eq!(first.body.as_array().unwrap().len(), 1);
    assert_eq!(first.body[0]["token"], Value::Null);
    let made = cloud.post(&tokens, json!({"description": "for a rehearsal"})).await;
    assert_eq!(made.status, 200);
    assert!(made.body["token"].as_str().unwrap().len() >= 20);
    for (method, path, body, wanted) in [
        ("POST", tokens.as_str(), json!({"description": "a third"}), (400, "LimitExceeded")),
        ("POST", &tokens, json!({}), (400, "MissingParameter")),
        ("POST", &tokens, json!({"description": "x", "colour": "red"}), (400, "InvalidParameter")),
        (
            "GET",
            "/20160918/users/ocid1.user.oc1..other/authTokens",
            json!({}),
            (404, "NotAuthorizedOrNotFound"),
        ),
        ("DELETE", &format!("{tokens}/ocid1.credential.none"), json!({}), (404, "NotAuthorizedOrNotFound")),
    ] {
        let reply = cloud.ask(method, path).json(&body).send().await;
        assert_eq!((reply.status, reply.code()), wanted, "{method} {path} {body}");
    }
    let id = made.body["id"].as_str().unwrap();
    assert_eq!(cloud.ask("DELETE", format!("{tokens}/{id}")).send().await.status, 204);
    let id = first.body[0]["id"].as_str().unwrap();
    assert_eq!(cloud.ask("DELETE", format!("{tokens}/{id}")).send().await.status, 204);
    assert_eq!(cloud.running.as_ref().unwrap().description()["object_storage"]["auth_token"], Value::Null);
    assert_eq!(cloud.ask("GET", &tokens).header("authorization", "Basic eDp5").send().await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_become_objects_and_objects_files() {
    let cloud = Cloud::start(0.0).await;
    cloud.made(DEV).await;
    let desk = Desk::new(&cloud);
    let user = "operator@example.com";
    desk.check(CREATE, &[("name", "store"), ("username", user), ("password", &desk.token)], "ok").await;
    let folder = cloud.dir.path().join(format!("engine/{DEV}.db.files/DATA_PUMP_DIR"));
    fs::create_dir_all(&folder).unwrap();
    let up = "begin dbms_cloud.put_object(credential_name => 'STORE', object_uri => :uri, directory_name => 'DATA_PUMP_DIR', file_name => :name); end;";
    let down = "begin dbms_cloud.get_object(credential_name => 'STORE', object_uri => :uri, directory_name => 'DATA_PUMP_DIR', file_name => :name); end;";
    for (name, size) in [("nothing.dmp", 0_usize), ("one.dmp", 1), ("large.dmp", 20 * 1024 * 1024)] {
        let bytes: Vec<u8> = (0..size).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect();
        fs::write(folder.join(name), &bytes).unwrap();
        let uri = format!("{}/{name}", desk.bucket);
        desk.check(up, &[("uri", &uri), ("name", name)], "ok").await;
        let head = cloud.ask("HEAD", format!("/n/sandboxspace/b/adbctl/o/{name}")).send().await;
        assert_eq!(head.header("content-length"), size.to_string());
        let back = format!("back-{name}");
        desk.check(down, &[("uri", &uri), ("name", &back)], "ok").await;
        assert_eq!(fs::read(folder.join(back)).unwrap(), bytes, "{name}");
    }
    let size = "select dbms_lob.getlength(dbms_cloud.get_object('STORE', :uri)) as n from dual";
    desk.check(size, &[("uri", &format!("{}/large.dmp", desk.bucket))], "[{\"n\":20971520}]").await;
    let part = "select dbms_cloud.get_object(credential_name => 'STORE', object_uri => :uri, startoffset => 2, endoffset => 4) as b from dual";
    let raw = format!("select rawtohex(b) as b from ({part})");
    desk.check(&raw, &[("uri", &format!("{}/large.dmp", desk.bucket))], "[{\"b\":\"3E5D7C\"}]").await;
    let unnamed = "begin dbms_cloud.get_object(credential_name => 'STORE', object_uri => :uri, directory_name => 'DATA_PUMP_DIR', startoffset => 1); end;";
    let uri = format!("{}/a%20b.txt", desk.bucket);
    desk.check(PUT, &[("cred", "store"), ("uri", &uri), ("text", "0123")], "ok").await;
    desk.check(unnamed, &[("uri", &uri)], "ok").await;
    assert_eq!(fs::read(folder.join("a b.txt")).unwrap(), b"123");
    desk.check(down, &[("uri", &uri), ("name", "../escaped")], "ORA-20019").await;
    desk.check(up, &[("uri", &uri), ("name", "none.dmp")], "ORA-20025").await;
    desk.check(down, &[("uri", &format!("{}/none", desk.bucket)), ("name", "none")], "ORA-20404").await;
    assert!(!folder.join("none").exists(), "what was not got leaves no file");

    // Lists of more than one page, in either form.
    let many = "begin for i in 1 .. 1003 loop dbms_cloud.put_object('STORE', :uri || to_char(i, 'FM00000'), contents => utl_raw.cast_to_raw('x')); end loop; end;";
    desk.check(many, &[("uri", &format!("{}/many/", desk.bucket))], "ok").await;
    let count = "select count(*) as n, count(distinct object_name) as d, max(object_name) as m from dbms_cloud.list_objects('STORE', :uri)";
    let swift = "https://swiftobjectstorage.uk-london-1.oraclecloud.com/v1/sandboxspace/adbctl/many/";
    let wanted = json!([{"n": 1003, "d": 1003, "m": "01003"}]).to_string();
    for uri in [format!("{}/many/", desk.bucket), swift.to_owned()] {
        desk.check(count, &[("uri", &uri)], &wanted).await;
    }

    // A clone has the credential and no files; its end takes its folder along.
    let clone = with(clone_body("COPY"), &json!({"sourceId": DEV}));
    let made = cloud.post(DATABASES, clone).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let id = made.body["id"].as_str().unwrap().to_owned();
    let copy = cloud.made(&id).await;
    let ords = copy["connectionUrls"]["ordsUrl"].as_str().unwrap().trim_end_matches('/');
    let there = Desk {
        address: format!("{ords}/admin/_/sql"),
        password: "Good-enough-1".to_owned(),
        ..Desk::new(&cloud)
    };
    there.check("select count(*) as n from dbms_cloud.list_files('DATA_PUMP_DIR')", &[], "[{\"n\":0}]").await;
    there.check(LIST, &[("cred", "store"), ("uri", &format!("{}/one", desk.bucket))], "one.dmp").await;
    let folder = cloud.dir.path().join(format!("engine/{id}.db.files"));
    assert!(folder.is_dir());
    assert_eq!(cloud.ask("DELETE", format!("{DATABASES}/{id}")).send().await.status, 204);
    for _ in 0..200 {
        if !folder.exists() {
            return;
        }
        cloud.get(format!("{DATABASES}/{id}")).await;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the folder of a database that is gone stays");
}
