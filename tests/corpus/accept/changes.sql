insert into orders (id, customer_id) values (order_seq.nextval, :customer) returning id into :id;
insert into app.orders o values (1, default, null, (select max(id) from customers), sysdate);
insert into orders_copy select * from orders where placed < date '2026-01-01';
insert into orders_copy (id) (select id from orders);
insert into orders_copy with x as (select 1 id from dual) select id from x;
update orders o set o.status = 'OLD', (a, b) = (select c, d from e where e.id = o.id), f = default
 where exists (select 1 from customers c where c.id = o.customer_id) returning id, status into :a, :b;
update (select a, b from t) set a = b;
delete from orders where placed < add_months(sysdate, -12);
delete orders o where o.id in (1, 2, 3);
merge into customers c
using (select :code code, :email email from dual) s
   on (c.code = s.code)
 when matched then update set c.email = s.email where c.kind = 'P' delete where c.balance = 0
 when not matched then insert (code, email) values (s.code, s.email) where s.email is not null;
merge into t using u on (t.id = u.id) when not matched then insert values (u.id, u.name);
