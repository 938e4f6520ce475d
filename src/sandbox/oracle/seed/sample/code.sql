-- Views, triggers and code of the application.
create view sales.customer_totals as
select c.customer_id, c.name, count(o.order_id) as orders, nvl(sum(o.total), 0) as total from sales.customers c left join sales.orders o on o.customer_id = c.customer_id group by c.customer_id, c.name;
create view sales.open_orders as select order_id, customer_id, ordered_on from sales.orders where status = 'NEW';
create trigger sales.customers_biu before insert or update on sales.customers for each row
begin
  :new.email := lower(:new.email);
  if updating then
    :new.updated_at := systimestamp;
  end if;
end;
/
create trigger sales.orders_audit after update of status on sales.orders for each row when (old.status <> new.status)
begin
  insert into sales.audit_log (actor, what) values (user, 'order ' || :new.order_id || ': ' || :old.status || ' to ' || :new.status);
end;
/
create trigger sales.payments_guard before delete on sales.payments
begin
  raise_application_error(-20100, 'payments are never deleted');
end;
/
alter trigger sales.payments_guard disable;
create package sales.shop as
  function order_total(p_order_id in number) return number;
  procedure place_order(p_customer_id in number, p_product_id in number, p_quantity in number, p_order_id out number);
  procedure send_daily_report;
  procedure purge_cancelled;
end;
/
create package body sales.shop as
  function setting(p_name in varchar2) return varchar2 is
    l_value varchar2(4000);
  begin
    select value into l_value from settings where name = p_name;
    return l_value;
  exception
    when no_data_found then
      return null;
  end;
  function order_total(p_order_id in number) return number is
    l_total number;
  begin
    select nvl(sum(amount), 0) into l_total from order_items where order_id = p_order_id;
    return l_total;
  end;
  procedure place_order(p_customer_id in number, p_product_id in number, p_quantity in number, p_order_id out number) is
    l_price number;
  begin
    select price into l_price from products where product_id = p_product_id;
    p_order_id := order_number_seq.nextval;
    insert into orders (order_id, customer_id, total) values (p_order_id, p_customer_id, l_price * p_quantity);
    insert into order_items (order_id, line_no, product_id, quantity, unit_price) values (p_order_id, 1, p_product_id, p_quantity, l_price);
  end;
  procedure send_daily_report is
  begin
    dbms_cloud_notification.send_message(
      provider => 'email', credential_name => 'EMAIL_CRED', message => 'Orders waiting: see the application',
      params => json_object('sender' value setting('mail.sender'), 'smtp_host' value setting('smtp.host'), 'recipient' value 'sales@example.com', 'subject' value 'Daily report of ' || setting('environment')));
  end;
  procedure purge_cancelled is
  begin
    insert into audit_log (actor, what) values (user, 'purge looked at cancelled orders');
    commit;
  end;
end;
/
create public synonym shop_customers for sales.customers;
begin
  dbms_scheduler.create_job(job_name => 'SALES.NIGHTLY_REPORT', job_type => 'STORED_PROCEDURE', job_action => 'SALES.SHOP.SEND_DAILY_REPORT', repeat_interval => 'FREQ=DAILY;BYHOUR=2;BYMINUTE=0', enabled => true, comments => 'mails the daily figures');
  dbms_scheduler.create_job(job_name => 'SALES.PURGE_CANCELLED', job_type => 'PLSQL_BLOCK', job_action => 'begin sales.shop.purge_cancelled; end;', repeat_interval => 'FREQ=MINUTELY;INTERVAL=1', enabled => true, comments => 'would fire in a clone at once');
  dbms_scheduler.create_job(job_name => 'SALES.YEAR_END', job_type => 'PLSQL_BLOCK', job_action => 'begin null; end;', repeat_interval => 'FREQ=YEARLY', enabled => false, comments => 'switched off on purpose');
end;
/
