set serveroutput on
begin
  null;
end;
/

declare
  -- Everything a declaration can be.
  type name_list is table of varchar2(128) index by pls_integer;
  type ids is table of orders.id%type not null;
  type fixed is varray(10) of number;
  type row_record is record (id number not null := 0, name varchar2(30) default 'x', made orders.placed%type);
  type reference is ref cursor return orders%rowtype;
  subtype small is pls_integer range 0 .. 9 not null;
  names name_list; list ids := ids(); one row_record; cur sys_refcursor; whole orders%rowtype;
  limit_reached exception;
  pragma exception_init(limit_reached, -20001);
  greeting constant varchar2(20) := 'hello';
  flag boolean not null default true;
  counter pls_integer := 0; moment timestamp with time zone := systimestamp; gap interval day to second;
  cursor open_orders (p_status varchar2 default 'NEW', p_after in date) return orders%rowtype is
    select * from orders where status = p_status and placed > p_after for update of status nowait;
  procedure later(p in out nocopy clob);
  function twice(x number) return number deterministic is
  begin
    return x * 2;
  end twice;
  procedure later(p in out nocopy clob) is
    pragma autonomous_transaction;
    inner_value number;
  begin
    p := p || 'x';
    commit;
  exception
    when others then rollback; raise;
  end;
begin
  <<outer>>
  for i in reverse 1 .. 10 loop
    for j in 1..counter loop
      exit outer when i * j > 50 or not flag;
      continue when mod(i, 2) = 0;
      counter := counter + twice(i) ** 2 mod 3;
    end loop;
  end loop outer;
  while counter > 0 loop counter := counter - 1; exit when counter = 5; end loop;
  loop
    exit;
  end loop;
  for r in (select id, name from orders where status = greeting order by id) loop
    dbms_output.put_line(r.id || ': ' || r.name);
  end loop;
  for r in open_orders('OLD', sysdate) loop null; end loop;
  for r in open_orders loop
    update orders set status = 'X' where current of open_orders;
  end loop;
  if counter is null then null; elsif counter between 1 and 2 then counter := 3; else counter := -1; end if;
  case counter when 1 then null; when 2 then counter := 1; else null; end case;
  case when flag then null; when counter in (1, 2, 3) then null; end case;
  counter := case when flag then 1 else 0 end;
  select count(*), max(id) into counter, one.id from orders where id = counter;
  select name bulk collect into names from customers;
  select * into whole from orders where id = :id;
  insert into orders values whole;
  update orders set row = whole where id = whole.id returning id into counter;
  delete from orders returning id bulk collect into list;
  forall i in 1 .. list.count save exceptions insert into log_table (id) values (list(i));
  forall i in indices of names between 1 and 5 update t set n = names(i);
  forall i in values of list delete from t where id = list(i);
  execute immediate 'truncate table ' || dbms_assert.enquote_name(greeting, false);
  execute immediate 'select count(*) from t where a = :1' into counter using greeting;
  execute immediate 'begin p(:1, :2, :3); end;' using in counter, out counter, in out greeting_text;
  execute immediate 'update t set a = 1 where b = :1 returning c into :2' using 5 returning into counter;
  execute immediate q'{select 1 from dual}' bulk collect into list;
  open cur for select * from orders where id = counter;
  open cur for 'select * from orders where id = :1' using counter;
  open open_orders('NEW', sysdate);
  fetch open_orders into whole;
  fetch cur bulk collect into list limit 100;
  if open_orders%notfound or cur%rowcount > 5 or sql%rowcount = 0 or not open_orders%isopen then close cur; end if;
  names(1) := 'a'; names(names.last + 1) := names(names.first); list.extend; list.delete(1); names.delete;
  one.name := upper(substr(names(1), 1, 3)); nested.list(1)(2).field := nested(3).other(4);
  :out_value := counter; :"Quoted" := null;
  later(p => text_value);
  dbms_output.put_line(a => to_char(moment at time zone 'UTC', 'HH24:MI'));
  savepoint here; rollback to here; commit; lock table orders in exclusive mode;
  begin
    raise limit_reached;
  exception
    when limit_reached or no_data_found then dbms_output.put_line(sqlerrm || sqlcode);
    when dup_val_on_index then raise;
    when others then
      for i in 1 .. sql%bulk_exceptions.count loop
        dbms_output.put_line(sql%bulk_exceptions(i).error_index);
      end loop;
      raise_application_error(-20001, 'failed', true);
  end;
  return;
end;
/

declare
  h number; state varchar2(30); status ku$_status; counted number;
begin
  h := dbms_datapump.attach(job_name => :job, job_owner => 'ADMIN');
  dbms_datapump.get_status(handle => h, mask => dbms_datapump.ku$_status_job_status + 8, timeout => 0,
    job_state => state, status => status);
  :percent := status.job_status.percent_done;
  if status.error is not null and status.error.count > 0 then
    for i in status.error.first .. status.error.last loop
      dbms_output.put_line(status.error(i).logtext);
    end loop;
  end if;
  dbms_datapump.detach(h);
exception
  when dbms_datapump.no_such_job then :percent := -1;
end;
/

begin
  dbms_network_acl_admin.append_host_ace(
    host => 'smtp.email.example.com', lower_port => 587, upper_port => 587,
    ace => xs$ace_type(privilege_list => xs$name_list('smtp', 'connect'), principal_name => 'APP', principal_type => xs_acl.ptype_db));
end;
/

begin
  for c in (select owner, table_name, constraint_name from dba_constraints where constraint_type = 'R' and status = 'ENABLED')
  loop
    execute immediate 'alter table "' || c.owner || '"."' || c.table_name || '" disable constraint "' || c.constraint_name || '"';
  end loop;
end;
/
begin ords.enable_schema(p_enabled => true, p_schema => 'APP', p_url_mapping_type => 'BASE_PATH', p_auto_rest_auth => false); commit; end;
/
<<main>>
declare x number; begin main.x := 1; end main;
/
