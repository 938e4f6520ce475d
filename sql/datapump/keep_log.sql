-- purpose: Copies the log of a Data Pump job that did not end well into the bucket. Where the job has ended and the copy is
--   whole, the log in DATA_PUMP_DIR, which counts against the database's storage, is removed.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 300
-- privileges: EXECUTE on DBMS_CLOUD and UTL_FILE; READ and WRITE on directory DATA_PUMP_DIR
-- param log_file: bind varchar2 in - the log's name in DATA_PUMP_DIR
-- param credential_name: bind varchar2 in - the credential for the bucket
-- param uri: bind varchar2 in - where it goes
-- param ended: bind number in - 1 where nothing will go on with the job
-- param bytes: bind number out - how long the copy is; nothing where there is none
-- param removed: bind number out - 1 where the log is in the bucket alone now
declare
  log_there boolean;
  log_length number;
  log_block binary_integer;
  copied number;
  slash number := instr(:uri, '/', -1);
begin
  :bytes := null;
  :removed := 0;
  utl_file.fgetattr('DATA_PUMP_DIR', :log_file, log_there, log_length, log_block);
  if log_there then
    dbms_cloud.put_object(credential_name => :credential_name, object_uri => :uri, directory_name => 'DATA_PUMP_DIR',
      file_name => :log_file);
    select max(o.bytes) into copied
      from dbms_cloud.list_objects(:credential_name, substr(:uri, 1, slash)) o
     where o.object_name = substr(:uri, slash + 1);
    :bytes := copied;
    if :ended = 1 and copied = log_length then
      dbms_cloud.delete_file(directory_name => 'DATA_PUMP_DIR', file_name => :log_file);
      :removed := 1;
    end if;
  end if;
end;
