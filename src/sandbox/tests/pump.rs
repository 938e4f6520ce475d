//! Data Pump between two databases, by way of the bucket.

use super::object_storage::{CREATE, Desk};
use super::*;

const EXPORT: &str = "declare h number; begin h := dbms_datapump.open('EXPORT', 'SCHEMA', null, 'GOING'); \
    dbms_datapump.set_parallel(h, 2); dbms_datapump.add_file(h, :uri, 'STORE', filetype => dbms_datapump.ku$_file_type_uridump_file); \
    dbms_datapump.add_file(h, 'going.log', 'DATA_PUMP_DIR', filetype => dbms_datapump.ku$_file_type_log_file); \
    dbms_datapump.metadata_filter(h, 'SCHEMA_EXPR', 'IN (''SALES'')'); dbms_datapump.start_job(h); dbms_datapump.detach(h); end;";
const IMPORT: &str = "declare h number; begin h := dbms_datapump.open('IMPORT', 'SCHEMA', null, 'COMING'); \
    dbms_datapump.add_file(h, :uri, 'STORE', filetype => dbms_datapump.ku$_file_type_uridump_file); \
    dbms_datapump.add_file(h, 'coming.log', 'DATA_PUMP_DIR', filetype => dbms_datapump.ku$_file_type_log_file); \
    dbms_datapump.metadata_filter(h, 'SCHEMA_EXPR', 'IN (''SALES'')'); dbms_datapump.metadata_remap(h, 'REMAP_SCHEMA', 'SALES', 'SALES_COPY'); \
    dbms_datapump.start_job(h); dbms_datapump.detach(h); end;";
const JOBS: &str = "select job_name, state from dba_datapump_jobs";

/// Looks until a database has no jobs; without speed a job is over when somebody looks.
async fn over(desk: &Desk<'_>) {
    for _ in 0..1000 {
        if desk.run(JOBS, &[]).await == "[]" {
            return;
        }
    }
    panic!("{}", desk.run(JOBS, &[]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_goes_from_production_to_development() {
    let cloud = Cloud::start(0.0).await;
    cloud.made(PROD).await;
    cloud.made(DEV).await;
    let (prod, dev) = (Desk::of(&cloud, "prod"), Desk::of(&cloud, "dev"));
    let uri = format!("{}/refresh/sales%L.dmp", prod.bucket);
    for desk in [&prod, &dev] {
        let binds =
            [("name", "STORE"), ("username", "operator@example.com"), ("password", desk.token.as_str())];
        desk.check(CREATE, &binds, "ok").await;
    }
    prod.check(EXPORT, &[("uri", &uri)], "ok").await;
    over(&prod).await;
    let listed = cloud.get("/n/sandboxspace/b/adbctl/o?prefix=refresh/").await;
    let names: Vec<&str> = listed.body["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| object["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "refresh/sales01.dmp",
            "refresh/sales01.dmp_aaaaaa",
            "refresh/sales02.dmp",
            "refresh/sales02.dmp_aaaaaa"
        ]
    );
    dev.check(IMPORT, &[("uri", &uri)], "ok").await;
    over(&dev).await;
    for table in ["customers", "orders", "order_items", "payments", "notes"] {
        let count = |schema: &str| format!("select count(*) as n from {schema}.{table}");
        let want = prod.run(&count("sales"), &[]).await;
        dev.check(&count("sales_copy"), &[], &want).await;
    }
    // What names the old schema in its code still means the old one, and may not look at it.
    let invalid = "select listagg(object_name, ' ') within group (order by object_name) as names from dba_objects \
                   where owner = 'SALES_COPY' and status = 'INVALID'";
    dev.check(invalid, &[], "CUSTOMER_TOTALS OPEN_ORDERS ORDERS_AUDIT SHOP").await;
    dev.check("select username from dba_users where username = 'SALES_COPY'", &[], "SALES_COPY").await;
}
