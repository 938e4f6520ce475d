-- expect: ORA-00936 2:12
select max(*) from t
