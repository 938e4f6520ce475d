-- purpose: Removes a Data Pump job's log from DATA_PUMP_DIR, which counts against the database's storage.
-- side: any
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: EXECUTE on DBMS_CLOUD and UTL_FILE; READ and WRITE on directory DATA_PUMP_DIR
-- param log_file: bind varchar2 in - the log's name in DATA_PUMP_DIR
declare
  log_there boolean;
  log_length number;
  log_block binary_integer;
begin
  utl_file.fgetattr('DATA_PUMP_DIR', :log_file, log_there, log_length, log_block);
  if log_there then
    dbms_cloud.delete_file(directory_name => 'DATA_PUMP_DIR', file_name => :log_file);
  end if;
end;
