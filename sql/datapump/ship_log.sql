-- purpose: Copies a Data Pump job's log into the bucket, beside the dump.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: EXECUTE on DBMS_CLOUD and UTL_FILE; READ on directory DATA_PUMP_DIR
-- param log_file: bind varchar2 in - the log's name in DATA_PUMP_DIR
-- param credential_name: bind varchar2 in - the credential for the bucket
-- param uri: bind varchar2 in - where it goes
-- param bytes: bind number out - how long the log is; nothing where there is none
declare
  log_there boolean;
  log_length number;
  log_block binary_integer;
begin
  :bytes := null;
  utl_file.fgetattr('DATA_PUMP_DIR', :log_file, log_there, log_length, log_block);
  if log_there then
    dbms_cloud.put_object(credential_name => :credential_name, object_uri => :uri, directory_name => 'DATA_PUMP_DIR',
      file_name => :log_file);
    :bytes := log_length;
  end if;
end;
