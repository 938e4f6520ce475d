-- The statements of a runbook, with typographic quotes and placeholders made plain.

BEGIN
  DBMS_CLOUD.CREATE_CREDENTIAL(
    credential_name => 'OS_CRED',
    username        => '<your-oci-username-or-email>',
    password        => '<the-auth-token-you-just-generated>'
  );
END;
/

SELECT credential_name, username, enabled
  FROM user_credentials;

ALTER DATABASE PROPERTY SET DEFAULT_CREDENTIAL = 'ADMIN.OS_CRED';

DECLARE
  v_retention CONSTANT VARCHAR2(20) := 'temp';            -- 'temp' | 'permanent'
  v_adb       CONSTANT VARCHAR2(50) := 'ur-prod';         -- lowercase ADB name
  v_ts        CONSTANT VARCHAR2(20) := TO_CHAR(SYSTIMESTAMP,'YYYYMMDD"T"HH24MISS');
  v_prefix    CONSTANT VARCHAR2(500) :=
    v_retention||'/'||v_adb||'/full/_all/'||v_ts||'/';
  v_base      CONSTANT VARCHAR2(500) :=
    'https://objectstorage.uk-london-1.oraclecloud.com/n/<ns>/b/<bucket>/o/'||v_prefix;
  v_log       CONSTANT VARCHAR2(100) := 'export_'||v_adb||'_full_'||v_ts||'.log';
  h NUMBER;
BEGIN
  h := DBMS_DATAPUMP.OPEN(
         operation => 'EXPORT', job_mode => 'FULL', remote_link => NULL,
         job_name  => 'FULL_'||v_ts);
  DBMS_DATAPUMP.ADD_FILE(
    handle    => h,
    filename  => v_base || 'dump_%U.dmp',
    directory => 'OS_CRED',
    filetype  => DBMS_DATAPUMP.KU$_FILE_TYPE_URIDUMP_FILE);
  -- log file goes into the DB's internal DATA_PUMP_DIR; copied to Object Storage after the job
  DBMS_DATAPUMP.ADD_FILE(
    handle    => h,
    filename  => v_log,
    directory => 'DATA_PUMP_DIR',
    filetype  => DBMS_DATAPUMP.KU$_FILE_TYPE_LOG_FILE);
  -- skip optimizer stats and indexes to slim the dump (rebuild on import)
  DBMS_DATAPUMP.METADATA_FILTER(h, 'EXCLUDE_PATH_EXPR',
    'IN (''STATISTICS'',''INDEX_STATISTICS'')');
  DBMS_DATAPUMP.START_JOB(h);
END;
/

SELECT job_name, state, totalwork, units_completed
  FROM user_datapump_jobs;

BEGIN
  DBMS_CLOUD.PUT_OBJECT(
    credential_name => 'OS_CRED',
    object_uri      => 'https://objectstorage.uk-london-1.oraclecloud.com/n/<ns>/b/<bucket>/o/'
                       ||'temp/ur-prod/full/_all/<YYYYMMDDTHH24MISS>/export.log',
    directory_name  => 'DATA_PUMP_DIR',
    file_name       => 'export_ur-prod_full_<YYYYMMDDTHH24MISS>.log');
END;
/

SELECT * FROM TABLE(DBMS_DATAPUMP.GET_DUMPFILE_INFO(
  filename => 'export_ur-prod_full_<YYYYMMDDTHH24MISS>.log', directory => 'DATA_PUMP_DIR'));

DECLARE
  v_retention CONSTANT VARCHAR2(20) := 'temp';            -- 'temp' | 'permanent'
  v_adb       CONSTANT VARCHAR2(50) := 'ur-prod';
  v_schema    CONSTANT VARCHAR2(50) := 'eksp_prod';       -- lowercase
  v_ts        CONSTANT VARCHAR2(20) := TO_CHAR(SYSTIMESTAMP,'YYYYMMDD"T"HH24MISS');
  v_prefix    CONSTANT VARCHAR2(500) :=
    v_retention||'/'||v_adb||'/schema/'||v_schema||'/'||v_ts||'/';
  v_base      CONSTANT VARCHAR2(500) :=
    'https://objectstorage.uk-london-1.oraclecloud.com/n/<ns>/b/<bucket>/o/'||v_prefix;
  v_log       CONSTANT VARCHAR2(100) := 'export_'||v_adb||'_'||v_schema||'_'||v_ts||'.log';
  h NUMBER;
BEGIN
  h := DBMS_DATAPUMP.OPEN('EXPORT','SCHEMA',NULL,
         'SCH_'||UPPER(v_schema)||'_'||v_ts);
  DBMS_DATAPUMP.ADD_FILE(h,
    v_base || 'dump_%U.dmp',
    'OS_CRED', NULL, DBMS_DATAPUMP.KU$_FILE_TYPE_URIDUMP_FILE);
  DBMS_DATAPUMP.ADD_FILE(h,
    v_log, 'DATA_PUMP_DIR', NULL,
    DBMS_DATAPUMP.KU$_FILE_TYPE_LOG_FILE);
  -- pick the schemas to export (uppercase, note triple-quote for the inner literal)
  DBMS_DATAPUMP.METADATA_FILTER(h, 'SCHEMA_LIST', ''''||UPPER(v_schema)||'''');
  DBMS_DATAPUMP.METADATA_FILTER(h, 'EXCLUDE_PATH_EXPR', 'IN (''STATISTICS'')');
  DBMS_DATAPUMP.START_JOB(h);
END;
/

BEGIN
  DBMS_CLOUD.PUT_OBJECT(
    credential_name => 'OS_CRED',
    object_uri      => 'https://objectstorage.uk-london-1.oraclecloud.com/n/<ns>/b/<bucket>/o/'
                       ||'temp/ur-prod/schema/eksp_prod/<YYYYMMDDTHH24MISS>/export.log',
    directory_name  => 'DATA_PUMP_DIR',
    file_name       => 'export_ur-prod_eksp_prod_<YYYYMMDDTHH24MISS>.log');
END;
/

CREATE USER PARALLAX_APP_DEV IDENTIFIED BY "<strong-password-min-12-chars>";

GRANT CONNECT, RESOURCE, UNLIMITED TABLESPACE TO PARALLAX_APP_DEV;

BEGIN
  APEX_INSTANCE_ADMIN.ADD_SCHEMA(
    p_workspace => 'PROD',                -- workspace name as shown in the APEX UI
    p_schema    => 'PARALLAX_APP_DEV');
END;
/

DECLARE
  v_dump_prefix CONSTANT VARCHAR2(500) :=
    'temp/ur-prod/schema/eksp_prod/20260519T211500/';   -- from Recipe B's export
  v_old_schema  CONSTANT VARCHAR2(50)  := 'EKSP_PROD';
  v_new_schema  CONSTANT VARCHAR2(50)  := 'EKSP_PROD_NEW';
  v_ts          CONSTANT VARCHAR2(20)  := TO_CHAR(SYSTIMESTAMP,'YYYYMMDD"T"HH24MISS');
  v_log         CONSTANT VARCHAR2(100) := 'import_'||LOWER(v_new_schema)||'_'||v_ts||'.log';
  h NUMBER;
BEGIN
  h := DBMS_DATAPUMP.OPEN('IMPORT','SCHEMA',NULL,
         'SCH_IMP_'||v_new_schema||'_'||v_ts);
  DBMS_DATAPUMP.ADD_FILE(h,
    'https://objectstorage.uk-london-1.oraclecloud.com/n/<ns>/b/<bucket>/o/'||v_dump_prefix||'dump_%U.dmp',
    'OS_CRED', NULL, DBMS_DATAPUMP.KU$_FILE_TYPE_URIDUMP_FILE);
  DBMS_DATAPUMP.ADD_FILE(h,
    v_log, 'DATA_PUMP_DIR', NULL,
    DBMS_DATAPUMP.KU$_FILE_TYPE_LOG_FILE);
  -- rename the schema as it's imported (REMAP_SCHEMA is import-only; the source dump is unchanged)
  DBMS_DATAPUMP.METADATA_REMAP(h, 'REMAP_SCHEMA', v_old_schema, v_new_schema);
  DBMS_DATAPUMP.START_JOB(h);
END;
/

DECLARE
  v_dump_prefix CONSTANT VARCHAR2(500) :=
    'permanent/ur-prod/full/_all/20260519T211000/';     -- the snapshot you're restoring from
  v_ts          CONSTANT VARCHAR2(20)  := TO_CHAR(SYSTIMESTAMP,'YYYYMMDD"T"HH24MISS');
  v_log         CONSTANT VARCHAR2(100) := 'restore_'||v_ts||'.log';
  h NUMBER;
BEGIN
  h := DBMS_DATAPUMP.OPEN('IMPORT','FULL',NULL,'RESTORE_'||v_ts);
  DBMS_DATAPUMP.ADD_FILE(h,
    'https://objectstorage.uk-london-1.oraclecloud.com/n/<ns>/b/<bucket>/o/'||v_dump_prefix||'dump_%U.dmp',
    'OS_CRED', NULL, DBMS_DATAPUMP.KU$_FILE_TYPE_URIDUMP_FILE);
  DBMS_DATAPUMP.ADD_FILE(h, v_log, 'DATA_PUMP_DIR', NULL,
    DBMS_DATAPUMP.KU$_FILE_TYPE_LOG_FILE);
  -- skip objects ADB doesn't allow, common safe excludes
  DBMS_DATAPUMP.METADATA_FILTER(h, 'EXCLUDE_PATH_EXPR',
    'IN (''DB_LINK'',''CLUSTER'',''INDEXTYPE'')');
  DBMS_DATAPUMP.START_JOB(h);
END;
/

CREATE DATABASE LINK reporting_link
  CONNECT TO repo_user IDENTIFIED BY "<password>"
  USING '<tns-or-easyconnect>';

CREATE USER PARALLAX_APP_DEV IDENTIFIED BY "<strong-password>";

GRANT CONNECT, RESOURCE, UNLIMITED TABLESPACE TO PARALLAX_APP_DEV;

BEGIN
  apex_application_install.set_workspace('MY_WORKSPACE');
  apex_application_install.generate_application_id;
  apex_application_install.generate_offset;
  apex_application_install.set_schema('PARALLAX_APP_DEV');
END;
/

SELECT application_id, application_name, owner
  FROM apex_applications
 WHERE owner = 'MY_WORKSPACE';

SELECT COUNT(*) FROM PARALLAX_APP_DEV.MAIN_TABLE;

BEGIN
  DBMS_SCHEDULER.CREATE_JOB(
    job_name        => 'HOURLY_DATAPUMP_EXPORT',
    job_type        => 'PLSQL_BLOCK',
    job_action      => q'[
      DECLARE
        v_retention CONSTANT VARCHAR2(20) := 'temp';
        v_adb       CONSTANT VARCHAR2(50) := 'ur-prod';
        v_ts        CONSTANT VARCHAR2(20) := TO_CHAR(SYSTIMESTAMP,'YYYYMMDD"T"HH24MISS');
        v_prefix    CONSTANT VARCHAR2(500) :=
          v_retention||'/'||v_adb||'/full/_all/'||v_ts||'/';
        h NUMBER;
      BEGIN
        h := DBMS_DATAPUMP.OPEN('EXPORT','FULL',NULL,'HRLY_'||v_ts);
        DBMS_DATAPUMP.ADD_FILE(h,
          'https://objectstorage.uk-london-1.oraclecloud.com/n/<ns>/b/<bucket>/o/'||v_prefix||'dump_%U.dmp',
          'OS_CRED', NULL, DBMS_DATAPUMP.KU$_FILE_TYPE_URIDUMP_FILE);
        DBMS_DATAPUMP.METADATA_FILTER(h,'EXCLUDE_PATH_EXPR',
          'IN (''STATISTICS'',''INDEX_STATISTICS'')');
        DBMS_DATAPUMP.START_JOB(h);
      END;
    ]',
    start_date      => SYSTIMESTAMP,
    repeat_interval => 'FREQ=HOURLY; BYMINUTE=0',
    enabled         => TRUE,
    comments        => 'Hourly full DB export to OCI Object Storage (temp/ prefix)');
END;
/

SELECT job_name, last_start_date, last_run_duration, state, failure_count
  FROM user_scheduler_jobs
 WHERE job_name = 'HOURLY_DATAPUMP_EXPORT';

SELECT log_date, status, error#
  FROM user_scheduler_job_run_details
 WHERE job_name = 'HOURLY_DATAPUMP_EXPORT'
 ORDER BY log_date DESC FETCH FIRST 10 ROWS ONLY;

SELECT job_name, state, totalwork, units_completed,
       ROUND(units_completed/NULLIF(totalwork,0)*100,1) AS pct
  FROM user_datapump_jobs;

DECLARE h NUMBER;
BEGIN
  h := DBMS_DATAPUMP.ATTACH(job_name => 'FULL_20260519_1430', job_owner => 'ADMIN');
  DBMS_DATAPUMP.STATUS(h);
END;
/
