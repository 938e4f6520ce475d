-- expect: ORA-00936 2:25
select * from t order by
