create or replace procedure app.refresh_totals (p_from in date default trunc(sysdate), p_count out number)
authid current_user
is
  l_total number(12) := 0;
begin
  update totals set amount = l_total where day >= p_from;
  p_count := sql%rowcount;
end refresh_totals;
/
create or replace function answer return number deterministic result_cache as begin return 42; end;
/
create or replace package tools authid definer as
  c_limit constant pls_integer := 10;
  type t_row is record (id number, label varchar2(30));
  type t_rows is table of t_row index by binary_integer;
  cursor all_rows return t_row;
  not_ready exception;
  function mask_email(p_email in varchar2) return varchar2;
  procedure run(p_rows in out nocopy t_rows, p_force boolean := false);
end tools;
/
create or replace package body tools is
  g_calls number := 0;
  cursor all_rows return t_row is select id, label from labels;
  function mask_email(p_email in varchar2) return varchar2 is
  begin
    return regexp_replace(p_email, '^[^@]+', 'xxx');
  end mask_email;
  procedure run(p_rows in out nocopy t_rows, p_force boolean := false) is
  begin
    if p_force then g_calls := g_calls + 1; end if;
    for i in 1 .. p_rows.count loop p_rows(i).label := upper(p_rows(i).label); end loop;
  end;
begin
  g_calls := 1;
exception
  when others then null;
end tools;
/
create or replace trigger orders_bi before insert or update of status, amount on app.orders
referencing new as n old as o for each row when (n.id is null)
declare
  l_now timestamp;
begin
  :n.id := order_seq.nextval;
  if updating('STATUS') and :o.status <> :n.status then :n.changed := systimestamp; end if;
end;
/
create trigger audit_delete after delete on orders disable begin insert into audit_log values (sysdate, user); end;
/
create or replace trigger after_clone after clone on pluggable database
begin
  for j in (select owner, job_name from dba_scheduler_jobs where enabled = 'TRUE') loop
    dbms_scheduler.disable('"' || j.owner || '"."' || j.job_name || '"', force => true);
  end loop;
end;
/
create or replace trigger logon_trace after logon on app.schema begin null; end;
/
create or replace trigger view_insert instead of insert on order_summary for each row begin null; end;
/
create or replace type name_table as table of varchar2(128);
/
create or replace type point as object (x number, y number);
/
begin
  dbms_scheduler.create_job(job_name => 'NIGHTLY', job_type => 'STORED_PROCEDURE', job_action => 'APP.REFRESH_TOTALS',
    start_date => systimestamp, repeat_interval => 'FREQ=DAILY;BYHOUR=2', enabled => true);
end;
/
