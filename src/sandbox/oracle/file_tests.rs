//! Directories and files: `UTL_FILE`, `DBMS_CLOUD`'s side of it, and who may.

use super::tests::{PASSWORD, check, fixture, refuse, run};

/// What a block that writes to `o` says.
fn said(session: &mut super::Session, block: &str) -> String {
    let text = format!(
        "declare f utl_file.file_type; l varchar2(32767); e boolean; n number; b binary_integer; procedure o(t in varchar2) is begin dbms_output.put_line(t); end; begin dbms_output.enable; {block} end;"
    );
    match session.execute(&text, &mut []) {
        Ok(_) => session.take_dbms_output().join("|"),
        Err(error) => error.text,
    }
}

#[test]
fn files_are_written_and_read() {
    let fixture = fixture();
    let mut session = fixture.admin();
    for (block, want) in [
        (
            "f := utl_file.fopen('DATA_PUMP_DIR', 'a.log', 'w', 32767); utl_file.put_line(f, 'first'); utl_file.put(f, 'sec'); utl_file.put(f, 'ond'); utl_file.new_line(f, 2); utl_file.fflush(f); o(case when utl_file.is_open(f) then 'open' end); utl_file.fclose(f); o(case when not utl_file.is_open(f) then 'closed' end);",
            "open|closed",
        ),
        (
            "f := utl_file.fopen('DATA_PUMP_DIR', 'a.log', 'r'); begin loop utl_file.get_line(f, l); o('[' || l || ']'); end loop; exception when no_data_found then o('end'); end; utl_file.fclose(f);",
            "[first]|[second]|[]|end",
        ),
        (
            "f := utl_file.fopen('DATA_PUMP_DIR', 'a.log', 'a'); utl_file.put_line(f, 'é'); utl_file.fclose_all; utl_file.fgetattr('DATA_PUMP_DIR', 'a.log', e, n, b); o(case when e then 'there ' || n end);",
            "there 17",
        ),
        (
            "utl_file.fgetattr('DATA_PUMP_DIR', 'none', e, n, b); o(case when not e then 'not there' end);",
            "not there",
        ),
        (
            "utl_file.frename('DATA_PUMP_DIR', 'a.log', 'DATA_PUMP_DIR', 'b.log'); utl_file.fcopy('DATA_PUMP_DIR', 'b.log', 'DATA_PUMP_DIR', 'c.log', 2, 2); f := utl_file.fopen('DATA_PUMP_DIR', 'c.log', 'r'); utl_file.get_line(f, l, 3); o(l); utl_file.get_line(f, l); o(l); utl_file.fclose(f);",
            "sec|ond",
        ),
        (
            "begin utl_file.frename('DATA_PUMP_DIR', 'b.log', 'DATA_PUMP_DIR', 'c.log'); exception when utl_file.rename_failed then o('rename_failed'); end;",
            "rename_failed",
        ),
        (
            "for r in (select object_name, bytes, checksum from dbms_cloud.list_files('DATA_PUMP_DIR') order by 1) loop o(r.object_name || ' ' || r.bytes || ' ' || nvl(r.checksum, 'none')); end loop;",
            "b.log 17 none|c.log 7 none",
        ),
        (
            "select count(*) into n from table(dbms_cloud.list_files(directory_name => 'DATA_PUMP_DIR')) where last_modified > timestamp '2026-01-01 00:00:00 +00:00'; o(n);",
            "2",
        ),
        (
            "utl_file.fremove('DATA_PUMP_DIR', 'b.log'); dbms_cloud.delete_file('DATA_PUMP_DIR', 'c.log'); dbms_cloud.delete_file('DATA_PUMP_DIR', 'c.log', force => true); select count(*) into n from dbms_cloud.list_files('DATA_PUMP_DIR'); o(n);",
            "0",
        ),
        (
            "begin f := utl_file.fopen('DATA_PUMP_DIR', 'none', 'r'); exception when utl_file.invalid_operation then o(sqlcode); end;",
            "-29283",
        ),
        ("f := utl_file.fopen('data_pump_dir', 'x', 'r');", "ORA-29280"),
        ("f := utl_file.fopen(null, 'x', 'r');", "ORA-29280"),
        ("f := utl_file.fopen('DATA_PUMP_DIR', 'x', 'x');", "ORA-29281"),
        ("f := utl_file.fopen('DATA_PUMP_DIR', 'x', 'w', 40000);", "ORA-29287"),
        ("f := utl_file.fopen('DATA_PUMP_DIR', '../x', 'w');", "ORA-29288"),
        ("utl_file.put_line(f, 'x');", "ORA-29282"),
        ("utl_file.fclose(f);", "ORA-29282"),
        (
            "f := utl_file.fopen('DATA_PUMP_DIR', 'w', 'w', 5); utl_file.put_line(f, '12345'); utl_file.put(f, '123'); utl_file.put(f, '456');",
            "ORA-29285",
        ),
        ("f := utl_file.fopen('DATA_PUMP_DIR', 'w', 'r', 3); utl_file.get_line(f, l);", "ORA-29284"),
        ("f := utl_file.fopen('DATA_PUMP_DIR', 'w', 'r'); utl_file.put(f, 'x');", "ORA-29283"),
        ("f := utl_file.fopen('DATA_PUMP_DIR', 'w', 'r'); utl_file.get_line(f, l, 0);", "ORA-29287"),
        ("f := utl_file.fopen('DATA_PUMP_DIR', 'w', 'w'); utl_file.new_line(f, 2147483647);", "ORA-29285"),
        ("utl_file.fremove('DATA_PUMP_DIR', 'none');", "ORA-29283"),
        (
            "dbms_cloud.delete_file('DATA_PUMP_DIR', 'none');",
            "ORA-20025: File does not exist - DATA_PUMP_DIR/none",
        ),
        ("dbms_cloud.delete_file('DATA_PUMP_DIR', '../none');", "ORA-20019"),
        ("select count(*) into n from dbms_cloud.list_files('data_pump_dir');", "ORA-29280"),
        ("dbms_cloud.delete_file(dir => 'DATA_PUMP_DIR', file_name => 'x');", "PLS-00306"),
        (
            "f := utl_file.fopen(location => 'DATA_PUMP_DIR', file_name => 'x', open_mode => 'r');",
            "PLS-00306",
        ),
        ("utl_file.rewind(f);", "PLS-00302"),
        (
            "o(utl_raw.cast_to_raw('aé')); o(utl_raw.cast_to_varchar2(hextoraw('61C3A9'))); o(utl_raw.length(utl_raw.concat(hextoraw('01'), hextoraw('0203')))); o(utl_raw.substr(hextoraw('010203'), -2, 1));",
            "61C3A9|aé|3|02",
        ),
    ] {
        let found = said(&mut session, block);
        let fits =
            if want.contains("ORA-") || want.contains("PLS-") { found.contains(want) } else { found == want };
        assert!(fits, "{block}\n  got  {found}\n  want {want}");
    }
}

#[test]
fn directories_have_privileges() {
    let fixture = fixture();
    let mut admin = fixture.admin();
    run(
        &mut admin,
        &[
            "create user ann identified by \"Some#Password2026\"",
            "grant create session to ann",
            "create directory reports as '/reports'",
            "create directory also_reports as '/reports'",
            "create directory \"../up\" as '/up'",
            "declare f utl_file.file_type; begin f := utl_file.fopen('REPORTS', 'r.txt', 'w'); utl_file.put_line(f, 'one'); utl_file.fclose(f); f := utl_file.fopen('../up', 'u.txt', 'w'); utl_file.fclose(f); end;",
        ],
    );
    check(&mut admin, "select object_name from dbms_cloud.list_files('ALSO_REPORTS')", "r.txt");
    check(&mut admin, "select object_name from dbms_cloud.list_files('../up')", "u.txt");
    check(
        &mut admin,
        "select owner, directory_name from dba_directories where directory_path like '%reports' order by 2",
        "SYS|ALSO_REPORTS;SYS|REPORTS",
    );
    // What the role of people who load data brings along, where roles count.
    run(
        &mut admin,
        &[
            "create user cleo identified by \"Some#Password2026\"",
            "grant dwrole to cleo",
            "grant select on dba_tab_privs to cleo",
        ],
    );
    let mut cleo = fixture.database.logon("cleo", "Some#Password2026").unwrap();
    check(&mut cleo, "select count(*) from dbms_cloud.list_files(directory_name => 'DATA_PUMP_DIR')", "0");
    run(
        &mut cleo,
        &[
            "create procedure look as n number; begin select count(*) into n from dbms_cloud.list_files('DATA_PUMP_DIR'); end;",
        ],
    );
    check(&mut cleo, "select status from user_objects where object_name = 'LOOK'", "INVALID");
    let mut ann = fixture.database.logon("ann", "Some#Password2026").unwrap();
    let read = "declare f utl_file.file_type; begin f := utl_file.fopen('REPORTS', 'r.txt', 'r'); end;";
    let write = "declare f utl_file.file_type; begin f := utl_file.fopen('REPORTS', 'r.txt', 'a'); end;";
    refuse(&mut ann, read, "ORA-29280");
    refuse(&mut ann, "begin dbms_cloud.delete_file('REPORTS', 'r.txt'); end;", "PLS-00201");
    refuse(&mut ann, "select * from dbms_cloud.list_files('REPORTS')", "ORA-00904");
    run(&mut admin, &["grant read on directory reports to ann"]);
    run(&mut ann, &[read]);
    refuse(&mut ann, write, "ORA-29289");
    run(&mut admin, &["grant write on directory reports to ann", "grant execute on dbms_cloud to ann"]);
    run(&mut ann, &[write, "begin dbms_cloud.delete_file('REPORTS', 'r.txt'); end;"]);
    run(&mut admin, &["revoke write on directory reports from ann", "drop directory also_reports"]);
    refuse(&mut ann, write, "ORA-29289");
    refuse(&mut admin, "select * from dbms_cloud.list_files('ALSO_REPORTS')", "ORA-29280");
    refuse(&mut admin, "drop directory also_reports", "ORA-04043");
    // A copy has the directories and none of the files.
    let path = tempfile::tempdir().unwrap();
    let copy = fixture
        .database
        .clone_to(&path.path().join("copy.db"), super::CloneKind::Full, &super::Identity::default(), PASSWORD)
        .unwrap();
    let mut there = copy.logon("admin", PASSWORD).unwrap();
    check(&mut there, "select count(*) from dbms_cloud.list_files('../up')", "0");
    check(&mut admin, "select count(*) from dbms_cloud.list_files('../up')", "1");
}

#[test]
fn credentials_are_kept_per_schema() {
    let fixture = fixture();
    let mut admin = fixture.admin();
    run(
        &mut admin,
        &[
            "begin dbms_cloud.create_credential('store', 'u@example.com', 'first'); end;",
            "begin dbms_cloud.create_credential(credential_name => '\"Key\"', user_ocid => 'ocid1.user.oc1..example', tenancy_ocid => 'ocid1.tenancy.oc1..example', private_key => 'MIIE', fingerprint => 'aa:bb'); end;",
            "begin dbms_cloud.update_credential('STORE', 'password', 'second'); end;",
            "begin dbms_credential.update_credential('store', 'comments', 'for the store'); end;",
            "alter database property set default_credential = 'ADMIN.STORE'",
        ],
    );
    check(
        &mut admin,
        "select credential_name, username, comments, enabled from user_credentials order by 1",
        "Key|ocid1.user.oc1..example||TRUE;STORE|u@example.com|for the store|TRUE",
    );
    check(
        &mut admin,
        "select property_value from database_properties where property_name = 'DEFAULT_CREDENTIAL'",
        "ADMIN.STORE",
    );
    for (statement, want) in [
        ("begin dbms_cloud.create_credential('Store', 'u', 'p'); end;", "ORA-20022"),
        ("begin dbms_cloud.create_credential(null, 'u', 'p'); end;", "ORA-20010"),
        (
            "begin dbms_cloud.create_credential(credential_name => 'v', params => '{}'); end;",
            "the sandbox cannot",
        ),
        (
            "begin dbms_cloud.create_credential(name => 'x', username => 'u', password => 'p'); end;",
            "PLS-00306",
        ),
        ("begin dbms_cloud.update_credential('store', 'colour', 'red'); end;", "ORA-20020"),
        ("begin dbms_credential.update_credential('store', 'colour', 'red'); end;", "ORA-27469"),
        ("begin dbms_credential.update_credential('none', 'username', 'red'); end;", "ORA-27476"),
        (
            "begin dbms_cloud.drop_credential('none'); end;",
            "ORA-20004: Credential \"ADMIN\".\"NONE\" does not exist",
        ),
        (
            "begin dbms_cloud.put_object('KEY', 'https://objectstorage.uk-london-1.oraclecloud.com/n/a/b/c/o/d', contents => utl_raw.cast_to_raw('x')); end;",
            "ORA-20004",
        ),
        (
            "begin dbms_cloud.put_object('\"Key\"', 'https://objectstorage.uk-london-1.oraclecloud.com/n/a/b/c/o/d', contents => utl_raw.cast_to_raw('x')); end;",
            "the sandbox cannot sign",
        ),
        (
            "begin dbms_cloud.put_object('STORE', 'https://objectstorage.uk-london-1.oraclecloud.com/n/a/b/c/o/d', contents => utl_raw.cast_to_raw('x')); end;",
            "ORA-29273",
        ),
        (
            "begin dbms_cloud.put_object('STORE', 'https://objectstorage.uk-london-1.oraclecloud.com/n/a/b/c/o/d', 'DATA_PUMP_DIR', 'none'); end;",
            "ORA-20025",
        ),
        (
            "begin dbms_cloud.put_object('STORE', 'https://objectstorage.uk-london-1.oraclecloud.com/n/a/b/c/o/d', 'DATA_PUMP_DIR', 'none', 'GZIP'); end;",
            "the sandbox cannot compress",
        ),
        ("begin dbms_cloud.copy_object('STORE', 'a', 'b'); end;", "PLS-00302"),
    ] {
        refuse(&mut admin, statement, want);
    }
    run(
        &mut admin,
        &[
            "create user ben identified by \"Some#Password2026\"",
            "grant create session to ben",
            "grant execute on dbms_cloud to ben",
        ],
    );
    let mut ben = fixture.database.logon("ben", "Some#Password2026").unwrap();
    let list = |name: &str| {
        format!(
            "select * from dbms_cloud.list_objects('{name}', 'https://objectstorage.uk-london-1.oraclecloud.com/n/a/b/c/o/')"
        )
    };
    refuse(&mut ben, &list("STORE"), "ORA-20004: Credential \"BEN\".\"STORE\" does not exist");
    refuse(&mut ben, &list("ADMIN.\"Key\""), "ORA-20004: Credential \"ADMIN\".\"Key\" does not exist");
    // The default credential is everybody's.
    refuse(&mut ben, &list("ADMIN.STORE"), "ORA-29273");
    run(&mut admin, &["alter database property remove default_credential"]);
    refuse(&mut ben, &list("ADMIN.STORE"), "ORA-20004");
}

#[test]
fn large_objects_hold_bytes_and_files() {
    let fixture = fixture();
    let mut session = fixture.admin();
    let mut check = |block: &str, want: &str| {
        let text = format!(
            "declare f bfile := bfilename('DATA_PUMP_DIR', 'x.log'); c clob; b blob; a number := 1; s number := 1; l number := 0; w number; procedure o(t in varchar2) is begin dbms_output.put_line(t); end; begin dbms_output.enable; {block} end;"
        );
        let found = match session.execute(&text, &mut []) {
            Ok(_) => session.take_dbms_output().join("|"),
            Err(error) => error.text,
        };
        let fits =
            if want.contains("ORA-") || want.contains("PLS-") { found.contains(want) } else { found == want };
        assert!(fits, "{block}\n  got  {found}\n  want {want}");
    };
    check("dbms_lob.fileopen(f);", "ORA-22288: file or LOB operation FILEOPEN failed\nNo such file");
    check("o(dbms_lob.fileexists(f));", "0");
    check(
        "declare h utl_file.file_type := utl_file.fopen('DATA_PUMP_DIR', 'x.log', 'w'); begin utl_file.put_line(h, 'öne'); utl_file.put_line(h, 'two'); utl_file.fclose(h); end; o(dbms_lob.fileexists(f)); o(dbms_lob.getlength(f));",
        "1|9",
    );
    let load = "dbms_lob.createtemporary(c, true); dbms_lob.fileopen(f, dbms_lob.file_readonly);";
    check(
        &format!(
            "{load} dbms_lob.loadclobfromfile(c, f, dbms_lob.lobmaxsize, a, s, dbms_lob.default_csid, l, w); dbms_lob.fileclose(f); o(replace(c, chr(10), '/')); o(a || ' ' || s || ' ' || w);"
        ),
        "öne/two/|9 10 0",
    );
    check(
        &format!(
            "{load} s := 6; dbms_lob.loadclobfromfile(dest_lob => c, src_bfile => f, amount => 3, dest_offset => a, src_offset => s, bfile_csid => 0, lang_context => l, warning => w); o(c); o(s);"
        ),
        "two|9",
    );
    check(&format!("{load} dbms_lob.loadclobfromfile(c, f, 10, a, s, 0, l, w);"), "ORA-22993");
    check("dbms_lob.loadclobfromfile(c, f, 1, a, s, 0, l, w);", "ORA-22289");
    check("f := bfilename('data_pump_dir', 'x.log'); dbms_lob.fileopen(f);", "ORA-22285");
    check("f := bfilename('DATA_PUMP_DIR', '../x.log'); dbms_lob.fileopen(f);", "ORA-22285");
    check("f := bfilename('DATA_PUMP_DIR');", "PLS-00306");
    check(
        &format!(
            "{load} dbms_lob.loadblobfromfile(b, f, 3, a, s); o(rawtohex(b)); o(dbms_lob.getlength(b));"
        ),
        "C3B66E|3",
    );
    check("dbms_lob.writeappend(b, 2, hextoraw('010203')); o(rawtohex(b));", "0102");
    check(
        "b := hextoraw('0102'); o(rawtohex(b)); dbms_lob.append(b, to_blob(hextoraw('FF'))); o(rawtohex(b));",
        "0102|0102FF",
    );
    check(
        "dbms_lob.createtemporary(b, true); dbms_lob.writeappend(b, 2, hextoraw('010203')); dbms_lob.append(b, to_blob(hextoraw('FF'))); o(rawtohex(b)); o(dbms_lob.getlength(b)); o(rawtohex(dbms_lob.substr(b, 2, 2)));",
        "0102FF|3|02FF",
    );
    check(
        "c := 'grün'; dbms_lob.converttoblob(b, c, dbms_lob.lobmaxsize, a, s, 0, l, w); o(rawtohex(b)); a := 1; s := 1; c := null; dbms_lob.converttoclob(c, b, dbms_lob.lobmaxsize, a, s, 0, l, w); o(c || ' ' || a || ' ' || s || ' ' || w);",
        "6772C3BC6E|grün 5 6 0",
    );
    check("c := 'x'; dbms_lob.converttoblob(b, c, 2, a, s, 0, l, w);", "ORA-22993");
    check("dbms_lob.writeappend(b, 9, hextoraw('01'));", "ORA-21560");
    for place in ["1e15", "9223372036854775807", "-9223372036854775808", "0"] {
        check(&format!("a := {place}; dbms_lob.converttoblob(b, 'x', 1, a, s, 0, l, w);"), "ORA-21560");
        check(&format!("s := {place}; dbms_lob.converttoclob(c, b, 1, a, s, 0, l, w);"), "ORA-21560");
    }
    check(
        "c := 'grün'; a := 3; dbms_lob.converttoclob(c, hextoraw('78'), 1, a, s, 0, l, w); o(c); c := null; a := 3; s := 1; dbms_lob.converttoclob(c, hextoraw('78'), 1, a, s, 0, l, w); o('[' || c || ']');",
        "grxn|[  x]",
    );
    check(
        "c := 'ab'; dbms_lob.append(c, 'cd'); dbms_lob.writeappend(c, 1, 'ef'); o(c); o(dbms_lob.substr(c, 2, 4));",
        "abcde|de",
    );
}
