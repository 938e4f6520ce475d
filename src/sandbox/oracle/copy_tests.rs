//! Sample databases and copies: what comes with them, and what fires in them.

use std::sync::Arc;

use super::tests::{Desk, PASSWORD, check, fixture, identity, refuse, run};
use super::{Database, Identity};

#[test]
fn samples_are_usable_and_clones_fire_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Arc::new(Desk::default());
    let source = Database::create_sample(
        &folder.path().join("dev.db"),
        super::Sample::Development,
        1,
        super::ApexVersion::V231,
        &identity(),
        PASSWORD,
        desk.clone(),
    )
    .unwrap();
    let other = Identity { database_ocid: "ocid1.autonomousdatabase.oc1..exampleclone".into(), ..identity() };
    let clone = source
        .clone_to(&folder.path().join("clone.db"), super::CloneKind::Full, &other, "Cloned#Pass2026")
        .unwrap();
    let mut session = clone.logon("ADMIN", "Cloned#Pass2026").unwrap();
    assert_eq!(clone.logon("ADMIN", PASSWORD).unwrap_err().code, 1017);
    check(
        &mut session,
        "select json_value(cloud_identity, '$.DATABASE_OCID') from v$pdbs",
        "OCID1.AUTONOMOUSDATABASE.OC1..EXAMPLECLONE",
    );
    check(&mut session, "select count(*) from sales.order_items", "1400");
    check(&mut session, "select status from dba_triggers where trigger_name = 'PAYMENTS_GUARD'", "DISABLED");
    check(
        &mut session,
        "select authentication_scheme_name from apex_application_auth where application_id = 100 and is_current_authentication = 'Y'",
        "Oracle APEX Accounts",
    );
    check(&mut session, "select count(*) from dba_objects where status = 'INVALID'", "0");
    // A job at which the source's own process was at work when it was copied has nobody at work on it in the copy.
    check(&mut session, "select count(*) from dba_scheduler_running_jobs", "0");
    let ran = clone.tick(super::Host::now(&*desk) + 61_000_000).unwrap();
    assert_eq!(ran, 1);
    check(
        &mut session,
        "select owner, job_name, status from dba_scheduler_job_run_details",
        "SALES|PURGE_CANCELLED|SUCCEEDED",
    );
    check(&mut session, "select count(*) from sales.audit_log", "1");
    run(
        &mut session,
        &[
            "begin dbms_scheduler.disable('\"SALES\".\"PURGE_CANCELLED\"', force => true); end;",
            "begin apex_instance_admin.set_parameter('APEX_BUILDER_AUTHENTICATION', 'DB'); commit; end;",
            "begin apex_util.set_workspace('SALES_WS'); apex_util.reset_password(p_user_name => 'DAVE', p_new_password => 'New#Password2026'); commit; end;",
            "begin apex_util.set_workspace('SALES_WS'); apex_acl.replace_user_roles(p_application_id => 100, p_user_name => 'ERIN', p_role_static_ids => apex_t_varchar2('READER')); commit; end;",
            "grant execute on dbms_sql to sales",
            "grant select on dba_tab_privs to sales",
        ],
    );
    assert_eq!(clone.tick(super::Host::now(&*desk) + 200_000_000).unwrap(), 0);
    check(
        &mut session,
        "select role_static_id from apex_appl_acl_user_roles where user_name = 'ERIN'",
        "READER",
    );
    refuse(&mut session, "begin apex_instance_admin.set_parameter('NO_SUCH', 'x'); end;", "ORA-20987");
    let metadata = source
        .clone_to(&folder.path().join("meta.db"), super::CloneKind::Metadata, &other, "Cloned#Pass2026")
        .unwrap();
    let mut session = metadata.logon("ADMIN", "Cloned#Pass2026").unwrap();
    check(&mut session, "select count(*) from sales.orders", "0");
    check(&mut session, "select application_name from apex_applications", "Sales Desk");
}

#[test]
fn an_after_clone_trigger_fires_in_the_copy_and_once() {
    let fixture = fixture();
    let folder = tempfile::tempdir().unwrap();
    let mut session = fixture.database.session_as("ADMIN").unwrap();
    run(
        &mut session,
        &[
            "create table fired (at timestamp)",
            "create trigger note_clone after clone on pluggable database begin insert into fired values (systimestamp); end;",
        ],
    );
    check(&mut session, "select count(*) from fired", "0");
    let copy = |from: &Database, name: &str| {
        let copy = from
            .clone_to(&folder.path().join(name), super::CloneKind::Full, &identity(), "Cloned#Pass2026")
            .unwrap();
        copy.fire_after_clone().unwrap();
        copy
    };
    let first = copy(&fixture.database, "first.db");
    let second = copy(&first, "second.db");
    for database in [&first, &second] {
        let mut session = database.session_as("ADMIN").unwrap();
        check(&mut session, "select count(*) from fired", "1");
        check(&mut session, "select count(*) from user_triggers where trigger_name = 'NOTE_CLONE'", "0");
    }
    check(&mut session, "select count(*) from fired", "0");
    check(&mut session, "select count(*) from user_triggers where trigger_name = 'NOTE_CLONE'", "1");
}
