-- The statements of a runbook, with typographic quotes and placeholders made plain.

BEGIN
  DBMS_CLOUD.CREATE_CREDENTIAL(
    credential_name => 'DMP_CRED',
    username        => '<your-oci-username-or-email>',
    password        => '<auth-token-generated-above>');
END;
/

SELECT credential_name, username, enabled FROM user_credentials;

ALTER DATABASE PROPERTY SET DEFAULT_CREDENTIAL = 'ADMIN.DMP_CRED';

DECLARE
  v_retention CONSTANT VARCHAR2(20) := 'temp';            -- 'temp' | 'permanent'
  v_adb       CONSTANT VARCHAR2(50) := 'ur-prod';         -- source ADB name, lowercase
  v_schema    CONSTANT VARCHAR2(50) := 'wksp_prod';       -- source schema, lowercase
  v_ts        CONSTANT VARCHAR2(20) := TO_CHAR(SYSTIMESTAMP,'YYYYMMDD"T"HH24MISS');
  v_prefix    CONSTANT VARCHAR2(500) :=
    v_retention||'/'||v_adb||'/schema/'||v_schema||'/'||v_ts||'/';
  v_base      CONSTANT VARCHAR2(500) :=
    'https://objectstorage.uk-london-1.oraclecloud.com/n/<namespace>/b/adb-data-dump/o/'||v_prefix;
  v_log       CONSTANT VARCHAR2(100) := 'export_'||v_adb||'_'||v_schema||'_'||v_ts||'.log';
  h NUMBER;
BEGIN
  h := DBMS_DATAPUMP.OPEN('EXPORT','SCHEMA',NULL,
         'SCH_'||UPPER(v_schema)||'_'||v_ts);
  DBMS_DATAPUMP.ADD_FILE(h,
    v_base || 'dump_%U.dmp',
    'DMP_CRED', NULL, DBMS_DATAPUMP.KU$_FILE_TYPE_URIDUMP_FILE);
  DBMS_DATAPUMP.ADD_FILE(h,
    v_log, 'DATA_PUMP_DIR', NULL,
    DBMS_DATAPUMP.KU$_FILE_TYPE_LOG_FILE);
  DBMS_DATAPUMP.METADATA_FILTER(h, 'SCHEMA_LIST', ''''||UPPER(v_schema)||'''');
  DBMS_DATAPUMP.METADATA_FILTER(h, 'EXCLUDE_PATH_EXPR', 'IN (''STATISTICS'')');
  DBMS_DATAPUMP.START_JOB(h);
END;
/

SELECT job_name, state, totalwork, units_completed
  FROM user_datapump_jobs;

SELECT owner_name, job_name, state, start_time, end_time
  FROM dba_datapump_jobs
 ORDER BY start_time DESC FETCH FIRST 5 ROWS ONLY;

BEGIN
  DBMS_CLOUD.PUT_OBJECT(
    credential_name => 'DMP_CRED',
    object_uri      => 'https://objectstorage.uk-london-1.oraclecloud.com/n/<namespace>/b/adb-data-dump/o/'
                       ||'temp/ur-prod/schema/wksp_prod/<YYYYMMDDTHH24MISS>/export.log',
    directory_name  => 'DATA_PUMP_DIR',
    file_name       => 'export_ur-prod_wksp_prod_<YYYYMMDDTHH24MISS>.log');
END;
/

CREATE USER WKSP_URPREPROD IDENTIFIED BY "<strong-password>";

GRANT CONNECT, RESOURCE, UNLIMITED TABLESPACE TO WKSP_URPREPROD;

BEGIN
  APEX_INSTANCE_ADMIN.ADD_WORKSPACE(
    p_workspace      => 'UR_PREPROD',
    p_primary_schema => 'WKSP_URPREPROD');
END;
/

SELECT workspace_id, workspace, source_identifier
  FROM apex_workspaces
 WHERE workspace = 'UR_PREPROD';

SELECT workspace_name, schema
  FROM apex_workspace_schemas
 WHERE workspace_name = 'UR_PREPROD';

BEGIN
  APEX_UTIL.SET_WORKSPACE(p_workspace => 'UR_PREPROD');
  APEX_UTIL.CREATE_USER(
    p_user_name                    => 'admin',
    p_email_address                => 'you@example.com',
    p_web_password                 => '<strong-password>',
    p_developer_privs              => 'ADMIN',
    p_change_password_on_first_use => 'N',
    p_default_schema               => 'WKSP_URPREPROD');
  COMMIT;
END;
/

SELECT user_name, default_schema, is_admin
  FROM apex_workspace_apex_users
 WHERE workspace_name = 'UR_PREPROD';

DECLARE h NUMBER;
BEGIN
  h := DBMS_DATAPUMP.OPEN('IMPORT','SCHEMA',NULL,
         'SCH_IMP_'||TO_CHAR(SYSDATE,'YYYYMMDD_HH24MI'));
  DBMS_DATAPUMP.ADD_FILE(h,
    'https://objectstorage.uk-london-1.oraclecloud.com/n/<namespace>/b/adb-data-dump/o/'
    ||'temp/ur-prod/schema/wksp_prod/<YYYYMMDDTHH24MISS>/dump_%U.dmp',
    'DMP_CRED', NULL, DBMS_DATAPUMP.KU$_FILE_TYPE_URIDUMP_FILE);
  DBMS_DATAPUMP.ADD_FILE(h,
    'schema_import.log', 'DATA_PUMP_DIR', NULL,
    DBMS_DATAPUMP.KU$_FILE_TYPE_LOG_FILE);
  -- rename the schema as it's imported
  DBMS_DATAPUMP.METADATA_REMAP(h, 'REMAP_SCHEMA',
    'WKSP_PROD', 'WKSP_URPREPROD');
  DBMS_DATAPUMP.START_JOB(h);
END;
/

BEGIN DBMS_UTILITY.COMPILE_SCHEMA('WKSP_URPREPROD', FALSE); END;
/

SELECT object_type, object_name, status
  FROM all_objects
 WHERE owner = 'WKSP_URPREPROD' AND status = 'INVALID';

BEGIN DBMS_STATS.GATHER_SCHEMA_STATS('WKSP_URPREPROD'); END;
/

SELECT COUNT(*) FROM WKSP_URPREPROD.MAIN_TABLE;

DECLARE h NUMBER;
BEGIN
  h := DBMS_DATAPUMP.OPEN('IMPORT','SCHEMA',NULL,
         'SCH_REFRESH_'||TO_CHAR(SYSDATE,'YYYYMMDD_HH24MI'));
  DBMS_DATAPUMP.ADD_FILE(h,
    'https://objectstorage.uk-london-1.oraclecloud.com/n/<namespace>/b/adb-data-dump/o/'
    ||'temp/ur-prod/schema/wksp_prod/<NEW_YYYYMMDDTHH24MISS>/dump_%U.dmp',
    'DMP_CRED', NULL, DBMS_DATAPUMP.KU$_FILE_TYPE_URIDUMP_FILE);
  DBMS_DATAPUMP.ADD_FILE(h,
    'schema_refresh.log', 'DATA_PUMP_DIR', NULL,
    DBMS_DATAPUMP.KU$_FILE_TYPE_LOG_FILE);
  DBMS_DATAPUMP.METADATA_REMAP(h, 'REMAP_SCHEMA',
    'WKSP_PROD', 'WKSP_URPREPROD');
  -- Critical refresh options
  DBMS_DATAPUMP.SET_PARAMETER(h, 'TABLE_EXISTS_ACTION', 'TRUNCATE');
  -- Only load TABLE_DATA — skip metadata since the schema already exists
  DBMS_DATAPUMP.METADATA_FILTER(h, 'INCLUDE_PATH_EXPR', 'IN (''TABLE_DATA'')');
  -- Allow TRUNCATE to work even when FKs exist (value 2 = DISABLE_REFERENTIAL_CONSTRAINTS)
  DBMS_DATAPUMP.SET_PARAMETER(h, 'DATA_OPTIONS', 2);
  DBMS_DATAPUMP.START_JOB(h);
END;
/

BEGIN DBMS_STATS.GATHER_SCHEMA_STATS('WKSP_URPREPROD'); END;
/

SELECT sequence_name, last_number FROM user_sequences;

ALTER SEQUENCE WKSP_URPREPROD.MY_SEQ RESTART START WITH 5000;

BEGIN
  FOR s IN (SELECT sequence_name FROM user_sequences) LOOP
    EXECUTE IMMEDIATE 'DROP SEQUENCE WKSP_URPREPROD.'||s.sequence_name;
  END LOOP;
END;
/

BEGIN
  FOR t IN (SELECT trigger_name FROM user_triggers WHERE status='ENABLED') LOOP
    EXECUTE IMMEDIATE 'ALTER TRIGGER WKSP_URPREPROD.'||t.trigger_name||' DISABLE';
  END LOOP;
END;
/

BEGIN
  FOR t IN (SELECT trigger_name FROM user_triggers WHERE status='DISABLED') LOOP
    EXECUTE IMMEDIATE 'ALTER TRIGGER WKSP_URPREPROD.'||t.trigger_name||' ENABLE';
  END LOOP;
END;
/

BEGIN
  FOR j IN (SELECT job_name FROM user_scheduler_jobs WHERE enabled='TRUE') LOOP
    DBMS_SCHEDULER.DISABLE('WKSP_URPREPROD.'||j.job_name);
  END LOOP;
END;
/
