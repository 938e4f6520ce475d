-- purpose: Reads a piece of a Data Pump job's log.
-- side: any
-- effect: read
-- repeat: safe
-- returns: nothing
-- limit: 120
-- privileges: EXECUTE on UTL_FILE; READ on directory DATA_PUMP_DIR
-- param log_file: bind varchar2 in - the log's name in DATA_PUMP_DIR
-- param skipped: bind number in - how many lines were read before
-- param log_there: bind number out - 1 where there is such a log
-- param at_end: bind number out - 1 where the piece is the last one
-- param piece: bind clob out - at most two thousand lines
declare
  log_file utl_file.file_type;
  log_exists boolean;
  log_length number;
  log_block binary_integer;
  line_now varchar2(32767);
  pieces clob;
begin
  :log_there := 0;
  :at_end := 1;
  :piece := null;
  utl_file.fgetattr('DATA_PUMP_DIR', :log_file, log_exists, log_length, log_block);
  if log_exists then
    :log_there := 1;
    log_file := utl_file.fopen('DATA_PUMP_DIR', :log_file, 'r', 32767);
    begin
      for i in 1 .. :skipped loop
        utl_file.get_line(log_file, line_now);
      end loop;
      for i in 1 .. 2000 loop
        utl_file.get_line(log_file, line_now);
        pieces := pieces || line_now || chr(10);
      end loop;
      :at_end := 0;
    exception
      when no_data_found then
        null;
    end;
    utl_file.fclose(log_file);
    :piece := pieces;
  end if;
end;
